import { CutoverError, type Scope } from '../../../core/contract/index.ts';
import type { Options } from '../options.ts';
import { type Directives, directive } from './directives.ts';
import type { Host } from './host.ts';
import { type Jump, parseJumps } from './jumps.ts';
import { type Asked, askOpenSsh } from './openSsh.ts';
import { resolveHost, type Wanted } from './resolve.ts';
import { readSshConfig } from './sshConfigFile.ts';
import type { Surroundings } from './surroundings.ts';

/** The hosts to go through, the server last. Each jump has its own user, port, keys and known hosts. */
export async function findRoute(
  options: Options,
  scope: Scope,
  around: Surroundings,
): Promise<readonly [...Host[], Host]> {
  const { proxyJump, ...wanted } = options;
  const logOnce = once(scope.log);
  return expand(wanted, proxyJump ?? null, MOST_JUMPS);

  async function expand(
    wanted: Wanted,
    ordered: readonly Jump[] | null,
    left: number,
  ): Promise<readonly [...Host[], Host]> {
    const config = await configurationOf(
      { host: wanted.host, user: wanted.user ?? null, port: wanted.port ?? null },
      { ...scope, log: logOnce },
      around,
    );
    const host = resolveHost(wanted, config, around, scope.resolvePath);
    const jumps = ordered ?? configuredJumps(config, wanted.host);
    if (jumps.length > left) {
      throw new CutoverError('E_CONFIG', `The way to ${options.host} has more than ${MOST_JUMPS} jumps.`, {
        hint: 'Look for a ProxyJump that leads back to itself: `ssh -G HOST | grep -i proxyjump`',
      });
    }
    const before: Host[] = [];
    for (const [index, jump] of jumps.entries()) {
      // Only the first is reached from here, so only its own jumps count.
      const ownJumps = index === 0 ? null : [];
      before.push(...(await expand(asJump(options, jump), ownJumps, left - jumps.length)));
    }
    return [...before, host];
  }
}

const MOST_JUMPS = 8;

/** What is said about a file is not said again for every host. */
function once(log: (message: string) => void): (message: string) => void {
  const said = new Set<string>();
  return (message) => {
    if (!said.has(message)) log(message);
    said.add(message);
  };
}

/** A jump takes what is about us (agent, known hosts, patience), nothing that is about the server. */
function asJump(options: Options, jump: Jump): Wanted {
  return {
    host: jump.host,
    user: jump.user ?? undefined,
    port: jump.port ?? undefined,
    knownHostsFile: options.knownHostsFile,
    strictHostKeyChecking: options.strictHostKeyChecking,
    connectTimeout: options.connectTimeout,
    keepaliveInterval: options.keepaliveInterval,
    keepaliveCountMax: options.keepaliveCountMax,
    agent: options.agent,
    passphrase: options.passphrase,
    spareIdentityFile: options.identityFile,
  };
}

async function configurationOf(asked: Asked, scope: Scope, around: Surroundings): Promise<Directives> {
  return (await askOpenSsh(asked, around, scope.signal)) ?? (await readSshConfig(asked, around, scope.log));
}

function configuredJumps(config: Directives, name: string): readonly Jump[] {
  if (directive(config, 'proxycommand') !== null) {
    throw new CutoverError(
      'E_CAPABILITY',
      `ssh_config has a ProxyCommand for ${name}, which the ssh2 transport does not run.`,
      {
        hint: 'Use ProxyJump there, or `proxyJump: user@host` in the configuration (`proxyJump: none` to go directly).',
      },
    );
  }
  const text = directive(config, 'proxyjump');
  const jumps = text === null ? [] : parseJumps(text);
  if (jumps === null) {
    throw new CutoverError(
      'E_CONFIG',
      `ssh_config has a ProxyJump for ${name} that makes no sense: ${text}`,
      {
        hint: `Run \`ssh -G ${name} | grep -i proxyjump\``,
      },
    );
  }
  return jumps;
}
