import { homedir } from 'node:os';
import { resolve } from 'node:path';

/** Makes a path of a configuration absolute: `~/` is the home directory, the rest is relative to the file's folder. */
export function resolvePath(baseDirectory: string, path: string): string {
  if (path === '~' || path.startsWith('~/')) return resolve(homedir(), path.slice(2));
  return resolve(baseDirectory, path);
}
