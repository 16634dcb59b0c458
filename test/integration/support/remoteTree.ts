import { UNTIL_TIDIED } from '../../../src/core/testing/tidied.ts';
import type { SshServer } from './sshServer.ts';

/**
 * All there is below a path of a server, a line each: kind, mode, owner, size, time, inode, path, target, and every file's
 * hash. In a deploy path, once it is tidied.
 */
export async function listTree(server: SshServer, path: string): Promise<string> {
  await tidiedIn(server, path);
  const script = `cd "$1" 2>/dev/null || exit 0
find . -printf '%y %m %U %s %T@ %i %p %l\\n' | LC_ALL=C sort
find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum`;
  return inContainer(server, ['sh', '-c', script, 'sh', path]);
}

/** The text of the link `current`; empty when there is none. */
export async function currentOf(server: SshServer, path = server.pathInContainer): Promise<string> {
  return (await inContainer(server, ['sh', '-c', 'readlink "$1/current" || :', 'sh', path])).trim();
}

/** Not ls: that of BusyBox writes `?` for what is not ASCII. */
const NAMES =
  'cd "$1" 2>/dev/null || exit 0; for each in * .[!.]*; do [ -e "$each" ] || [ -L "$each" ] && printf "%s\\n" "$each"; done; :';

/** The names in a directory of a server. */
export async function namesIn(server: SshServer, path: string): Promise<readonly string[]> {
  const text = await inContainer(server, ['sh', '-c', NAMES, 'sh', path]);
  return text.split('\n').filter((name) => name !== '');
}

export async function contentOf(server: SshServer, path: string): Promise<string> {
  return inContainer(server, ['cat', path]);
}

/** Until no tidying is at work in these deploy paths. */
export async function tidiedIn(
  server: SshServer,
  path = server.pathInContainer,
  ...more: readonly string[]
): Promise<void> {
  await inContainer(server, ['sh', '-c', UNTIL_TIDIED, 'sh', path, ...more]);
}

/** Runs a shell text as root in the container, and gives what it printed. Throws when it fails. */
export async function inContainer(server: SshServer, argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await server.exec(argv);
  if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${exitCode}: ${stderr}${stdout}`);
  return stdout;
}
