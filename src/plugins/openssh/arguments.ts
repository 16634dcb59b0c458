import type { Options } from './options.ts';

/**
 * The arguments of a master that stays in the foreground and opens no session of its own. In ssh_config the first value
 * counts (ssh_config(5)): what cutover needs comes first, what was configured next, and what has a default last.
 * `resolvePath` makes a path of the configuration absolute.
 */
export function masterArguments(
  options: Options,
  socketPath: string,
  resolvePath: (path: string) => string,
): readonly string[] {
  const absolute = (path: string) => (/^[~%$]/.test(path) ? path : resolvePath(path).replaceAll('%', '%%'));
  return [
    ...(options.configFile === undefined ? [] : ['-F', configFile(options.configFile, resolvePath)]),
    ...settings({
      BatchMode: 'yes',
      ControlMaster: 'yes',
      ControlPath: `"${socketPath.replaceAll('%', '%%')}"`,
      ControlPersist: 'no',
      ClearAllForwardings: 'yes',
      RemoteCommand: 'none',
      RequestTTY: 'no',
      IdentitiesOnly: options.identitiesOnly === undefined ? null : options.identitiesOnly ? 'yes' : 'no',
      StrictHostKeyChecking: options.strictHostKeyChecking ?? null,
      UserKnownHostsFile: options.knownHostsFile?.map((path) => `"${absolute(path)}"`).join(' ') ?? null,
    }),
    ...(options.identityFile ?? []).flatMap((path) => ['-i', absolute(path)]),
    ...options.sshOptions.flatMap((option) => ['-o', option]),
    ...settings({
      ConnectTimeout: seconds(options.connectTimeout),
      ServerAliveInterval: seconds(options.keepaliveInterval),
      ServerAliveCountMax: String(options.keepaliveCountMax),
    }),
    ...(options.port === undefined ? [] : ['-p', String(options.port)]),
    ...(options.user === undefined ? [] : ['-l', options.user]),
    ...(options.proxyJump === undefined ? [] : ['-J', options.proxyJump]),
    '-N',
    '--',
    options.host,
  ];
}

function configFile(path: string, resolvePath: (path: string) => string): string {
  return path === 'none' || path.startsWith('~') ? path : resolvePath(path);
}

function settings(values: Readonly<Record<string, string | null>>): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === null ? [] : ['-o', `${name}=${value}`],
  );
}

/** Whole ones, because ssh knows no others. */
function seconds(ms: number): string {
  return String(Math.ceil(ms / 1000));
}
