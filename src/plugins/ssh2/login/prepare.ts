import { CutoverError, messageOf, type Scope } from '../../../core/contract/index.ts';
import { type Host, showHost } from '../settings/host.ts';
import { type AgentKey, listAgentKeys } from './agent.ts';
import { hasCertificate, type Identity, readIdentity } from './identity.ts';
import { type LoginPlan, planLogin } from './plan.ts';

export interface Prepared extends LoginPlan {
  readonly password: string | null;
}

/**
 * Reads keys, agent and secrets before anything is contacted. Throws `E_AUTHENTICATION` at once when a key that the
 * configuration names cannot be used, or when there is nothing to log in with: nobody is asked for anything.
 */
export async function prepareLogin(host: Host, scope: Scope): Promise<Prepared> {
  const agent = await agentKeysOf(host.agentSocket);
  const identities = await readIdentities(host, scope);
  const password = host.password === null ? null : (await scope.secret(host.password)).reveal();
  const plan = planLogin({
    identities,
    identitiesNamed: host.identitiesFrom !== 'default',
    identitiesOnly: host.identitiesOnly,
    agentKeys: agent.keys,
    hasPassword: password !== null,
  });
  const notes = [...agent.notes, ...plan.notes, ...(await certificates(identities))];
  refuseUnusable(host, identities, agent.keys);
  if (plan.tries.length === 0) throw nothingToTry(host, notes);
  return { ...plan, notes, password };
}

async function agentKeysOf(
  socket: string | null,
): Promise<{ readonly keys: readonly AgentKey[]; readonly notes: readonly string[] }> {
  if (socket === null) return { keys: [], notes: [] };
  try {
    return { keys: await listAgentKeys(socket), notes: [] };
  } catch (error) {
    return { keys: [], notes: [`the agent at ${socket} could not be asked: ${messageOf(error)}`] };
  }
}

/** The passphrase is only fetched when something is locked. */
async function readIdentities(host: Host, scope: Scope): Promise<readonly Identity[]> {
  const first = await Promise.all(host.identityFiles.map((file) => readIdentity(file, null)));
  if (host.passphrase === null || !first.some(({ type }) => type === 'locked')) return first;
  const passphrase = (await scope.secret(host.passphrase)).reveal();
  return Promise.all(
    first.map((identity) =>
      identity.type === 'locked' ? readIdentity(identity.file, passphrase) : identity,
    ),
  );
}

function refuseUnusable(host: Host, identities: readonly Identity[], agentKeys: readonly AgentKey[]): void {
  if (host.identitiesFrom !== 'configuration') return;
  for (const identity of identities) {
    const why = whyUnusable(identity, agentKeys);
    if (why === null) continue;
    throw new CutoverError('E_AUTHENTICATION', `Could not log in as ${showHost(host)}: ${why.message}.`, {
      hint: why.hint,
    });
  }
}

interface Why {
  readonly message: string;
  readonly hint: string;
}

function whyUnusable(identity: Identity, agentKeys: readonly AgentKey[]): Why | null {
  const { type, file } = identity;
  if (type === 'usable') return null;
  if (type === 'missing') {
    return { message: `there is no key file ${file}`, hint: 'Correct `identityFile` in the configuration.' };
  }
  if (type === 'broken') {
    return {
      message: `the key ${file} cannot be used: ${identity.why}`,
      hint: 'Correct `identityFile` or `passphrase` in the configuration.',
    };
  }
  const { publicKey } = identity;
  if (publicKey !== null && agentKeys.some(({ key }) => key.equals(publicKey))) return null;
  const hint =
    type === 'locked'
      ? `Run \`ssh-add ${file}\`, or give \`passphrase: { env: NAME }\` in the configuration.`
      : `Run \`ssh-add\` with its private key, or name that one in \`identityFile\`.`;
  const what = type === 'locked' ? 'needs a passphrase' : 'is only a public key';
  return { message: `the key ${file} ${what}, and no agent has it`, hint };
}

async function certificates(identities: readonly Identity[]): Promise<readonly string[]> {
  const there = await Promise.all(identities.map(({ file }) => hasCertificate(file)));
  return identities
    .filter((_, index) => there[index])
    .map(({ file }) => `the certificate ${file}-cert.pub is not supported by the ssh2 transport`);
}

function nothingToTry(host: Host, notes: readonly string[]): CutoverError {
  const why = notes.length > 0 ? ` ${notes.join('; ')}.` : '';
  return new CutoverError(
    'E_AUTHENTICATION',
    `Could not log in as ${showHost(host)}: there is no key, no agent with keys and no password to try.${why}`,
    { hint: 'Give `identityFile` or `password` in the configuration, or load a key with `ssh-add`.' },
  );
}
