import { CutoverError } from '../../../core/contract/index.ts';

/**
 * A path that arrives as it is. ssh2 writes names as UTF-8: half a surrogate pair would become another name, and a
 * NUL byte ends the session.
 */
export function checkPath(path: string): string {
  if (path === '') throw new CutoverError('E_USAGE', 'An empty path cannot be sent to a server.');
  if (path.includes('\0')) throw new CutoverError('E_USAGE', 'A NUL byte cannot be sent to a server.');
  if (!path.isWellFormed()) {
    throw new CutoverError('E_USAGE', `This name is not valid text: ${JSON.stringify(path)}`);
  }
  return path;
}
