import type { ParsedKey } from '../client.ts';
import type { AgentKey } from './agent.ts';
import type { Identity } from './identity.ts';

/** One attempt, before the secrets are in it. */
export type Try =
  | { readonly type: 'key'; readonly key: ParsedKey; readonly label: string }
  | { readonly type: 'agent'; readonly publicKey: Buffer; readonly label: string }
  | { readonly type: 'password'; readonly label: string }
  | { readonly type: 'keyboard-interactive'; readonly label: string };

export interface Given {
  readonly identities: readonly Identity[];
  /** False for OpenSSH's default files, which nobody has named. */
  readonly identitiesNamed: boolean;
  readonly identitiesOnly: boolean;
  readonly agentKeys: readonly AgentKey[];
  readonly hasPassword: boolean;
}

export interface LoginPlan {
  readonly tries: readonly Try[];
  /** What could not be tried, and why. */
  readonly notes: readonly string[];
}

/**
 * The attempts, in order: keys that were named (the file where it opens, else the agent), the agent's other keys,
 * default key files, the password. A server takes six (sshd_config, MaxAuthTries), so of the agent's keys that
 * nobody has named only as many are shown as leave room for the rest.
 */
export function planLogin(given: Given): LoginPlan {
  const { identities, agentKeys, hasPassword } = given;
  const usable = agentKeys.filter(({ type }) => SUPPORTED.has(type));
  const inAgent = (publicKey: Buffer | null) =>
    publicKey !== null && usable.some(({ key }) => key.equals(publicKey));
  const notes = [...unsupported(agentKeys), ...identities.flatMap((one) => noteOn(one, inAgent) ?? [])];

  const byIdentity = identities.flatMap((one) => tryIdentity(one, inAgent) ?? []);
  const named = (key: Buffer) => identities.some((one) => 'publicKey' in one && one.publicKey?.equals(key));
  const others = given.identitiesOnly ? [] : usable.filter(({ key }) => !named(key));
  const passwords: readonly Try[] = hasPassword
    ? [
        { type: 'password', label: 'the password' },
        { type: 'keyboard-interactive', label: 'the password, keyboard-interactive' },
      ]
    : [];

  const room = Math.max(0, MOST_TRIES - byIdentity.length - passwords.length);
  const shown = others.slice(0, room).map(tryAgentKey);
  if (shown.length < others.length) {
    notes.push(
      `the agent has ${others.length - shown.length} more keys, which were not tried because servers count; ` +
        'name the right one with `identityFile`',
    );
  }
  const keys = given.identitiesNamed ? [...byIdentity, ...shown] : [...shown, ...byIdentity];
  return { tries: [...keys, ...passwords], notes };
}

/** sshd's default for MaxAuthTries. */
const MOST_TRIES = 6;

const SUPPORTED = new Set([
  'ssh-ed25519',
  'ssh-rsa',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
]);

type InAgent = (publicKey: Buffer | null) => boolean;

function tryIdentity(identity: Identity, inAgent: InAgent): Try | null {
  if (identity.type === 'usable') return { type: 'key', key: identity.key, label: `key ${identity.file}` };
  if (identity.type !== 'locked' && identity.type !== 'public') return null;
  if (identity.publicKey === null || !inAgent(identity.publicKey)) return null;
  return { type: 'agent', publicKey: identity.publicKey, label: `key ${identity.file} (by the agent)` };
}

function tryAgentKey({ key, comment, type }: AgentKey): Try {
  return { type: 'agent', publicKey: key, label: `the agent's ${comment === '' ? type : comment}` };
}

function noteOn(identity: Identity, inAgent: InAgent): string | null {
  switch (identity.type) {
    case 'locked':
      return inAgent(identity.publicKey)
        ? null
        : `${identity.file} needs a passphrase, and the agent does not have it`;
    case 'public':
      return inAgent(identity.publicKey)
        ? null
        : `${identity.file} is a public key, and the agent does not have it`;
    case 'broken':
      return `${identity.file}: ${identity.why}`;
    default:
      return null;
  }
}

function unsupported(agentKeys: readonly AgentKey[]): readonly string[] {
  const types = agentKeys.map(({ type }) => type).filter((type) => !SUPPORTED.has(type));
  return [...new Set(types)].map((type) => `the agent's ${type} is not supported by the ssh2 transport`);
}
