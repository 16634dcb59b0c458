import { join } from 'node:path';
import type { Options } from '../options.ts';
import { type Directives, directive, words } from './directives.ts';
import { expandHome, expandPath, type Tokens } from './expand.ts';
import type { Host } from './host.ts';
import type { Surroundings } from './surroundings.ts';

/** What is asked for, by the configuration or by a jump. */
export interface Wanted extends Omit<Options, 'proxyJump' | 'identityFile'> {
  readonly identityFile?: readonly string[] | undefined;
  /** Identities for where ssh_config names none: those of the server behind a jump. */
  readonly spareIdentityFile?: readonly string[] | undefined;
}

/** Puts together the configuration, which comes first, what ssh_config says, and OpenSSH's defaults. Pure. */
export function resolveHost(
  wanted: Wanted,
  config: Directives,
  around: Surroundings,
  resolvePath: (path: string) => string,
): Host {
  const host = directive(config, 'hostname') ?? wanted.host;
  const port = wanted.port ?? Number(directive(config, 'port') ?? 22);
  const user = wanted.user ?? directive(config, 'user') ?? around.localUser;
  const tokens: Tokens = { ...around, name: wanted.host, host, port, user };
  const ours = (path: string) => resolvePath(expandHome(path, around.homeDirectory));
  const theirs = (path: string) => underHome(expandPath(path, tokens), around);
  const home = (name: string) => join(around.homeDirectory, '.ssh', name);

  return {
    name: wanted.host,
    host,
    port,
    user,
    hostKeyAlias: directive(config, 'hostkeyalias'),
    userKnownHostsFiles: wanted.knownHostsFile?.map(ours) ??
      words(config, 'userknownhostsfile')?.map(theirs) ?? [home('known_hosts'), home('known_hosts2')],
    globalKnownHostsFiles: words(config, 'globalknownhostsfile')?.map(theirs) ?? GLOBAL_KNOWN_HOSTS,
    hashKnownHosts: directive(config, 'hashknownhosts') === 'yes',
    acceptNewHostKeys:
      (wanted.strictHostKeyChecking ?? directive(config, 'stricthostkeychecking')) === 'accept-new',
    pinned: wanted.hostKey ?? [],
    ...identities(wanted, config, ours, theirs, home),
    identitiesOnly: wanted.identitiesOnly ?? directive(config, 'identitiesonly') === 'yes',
    agentSocket: agentSocket(wanted, config, around, ours, theirs),
    password: wanted.password ?? null,
    passphrase: wanted.passphrase ?? null,
    ipVersion: IP_VERSIONS[directive(config, 'addressfamily') ?? 'any'] ?? 0,
    connectTimeoutMs: wanted.connectTimeout ?? seconds(directive(config, 'connecttimeout')) ?? 20_000,
    keepaliveIntervalMs:
      wanted.keepaliveInterval ?? seconds(directive(config, 'serveraliveinterval')) ?? 10_000,
    keepaliveCountMax: wanted.keepaliveCountMax ?? 3,
  };
}

const GLOBAL_KNOWN_HOSTS = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
const IP_VERSIONS: Readonly<Record<string, 4 | 6>> = { inet: 4, inet6: 6 };

/** In OpenSSH's order. `ssh -G` lists them when nothing else is configured. */
const DEFAULT_IDENTITIES = [
  'id_rsa',
  'id_ecdsa',
  'id_ecdsa_sk',
  'id_ed25519',
  'id_ed25519_sk',
  'id_xmss',
  'id_dsa',
];

type ToPath = (path: string) => string;

function identities(
  wanted: Wanted,
  config: Directives,
  ours: ToPath,
  theirs: ToPath,
  home: ToPath,
): Pick<Host, 'identityFiles' | 'identitiesFrom'> {
  const defaults = DEFAULT_IDENTITIES.map(home);
  const configured = (config.get('identityfile') ?? []).filter((path) => path !== 'none').map(theirs);
  if (wanted.identityFile !== undefined) {
    return { identityFiles: wanted.identityFile.map(ours), identitiesFrom: 'configuration' };
  }
  if (configured.some((path) => !defaults.includes(path))) {
    return { identityFiles: configured, identitiesFrom: 'sshConfig' };
  }
  if (wanted.spareIdentityFile !== undefined) {
    return { identityFiles: wanted.spareIdentityFile.map(ours), identitiesFrom: 'sshConfig' };
  }
  return { identityFiles: defaults, identitiesFrom: 'default' };
}

/** ssh_config(5), IdentityAgent: a path, the name of a variable, or SSH_AUTH_SOCK itself. */
function agentSocket(
  wanted: Wanted,
  config: Directives,
  around: Surroundings,
  ours: ToPath,
  theirs: ToPath,
): string | null {
  if (wanted.agent === false) return null;
  if (typeof wanted.agent === 'string') return ours(wanted.agent);
  const named = config.get('identityagent')?.[0]?.replace(/^"(.*)"$/, '$1');
  if (named === 'none') return null;
  if (named === undefined || named === 'SSH_AUTH_SOCK') return around.env.SSH_AUTH_SOCK || null;
  if (/^\$\w+$/.test(named)) return around.env[named.slice(1)] || null;
  return theirs(named);
}

/** OpenSSH expands `~` to the account's home; where HOME says otherwise, HOME counts. */
function underHome(path: string, around: Surroundings): string {
  const account = `${around.accountDirectory}/.ssh/`;
  return around.homeDirectory !== around.accountDirectory && path.startsWith(account)
    ? join(around.homeDirectory, '.ssh', path.slice(account.length))
    : path;
}

function seconds(value: string | null): number | null {
  const count = Number(value);
  return value !== null && count > 0 ? count * 1000 : null;
}
