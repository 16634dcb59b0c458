import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CutoverError } from '../../core/contract/index.ts';

/**
 * What npm is asked for. oclif takes `./x.tgz` for a name on GitHub, and npm runs elsewhere: so the path of a tarball becomes
 * `file:` and absolute. Throws `E_USAGE` for a directory, which is linked instead, and for a path where nothing is.
 */
export function installTarget(text: string, directory: string): string {
  const path = text.startsWith('file:') ? text.slice('file:'.length).replace(/^\/\/(?=\/)/, '') : text;
  const file = resolve(directory, path);
  const kind = kindOf(file);
  const isPath = path !== text || /^(?:\.{1,2}(?:\/|$)|\/|~\/)/.test(path) || /\.(?:tgz|tar\.gz)$/.test(path);
  if (/^[a-z][a-z+.-]*:/i.test(path) || (!isPath && !(kind === 'directory' && path.endsWith('/'))))
    return text;
  if (kind === 'directory') {
    throw new CutoverError('E_USAGE', `${text} is a directory: it is linked, or packed first.`, {
      hint: `cutover plugins link ${path}`,
    });
  }
  if (kind === null) {
    throw new CutoverError('E_USAGE', `There is no file ${file}.`, {
      hint: 'A plugin is installed by the name of its package, or from the tarball that "npm pack" makes of it.',
    });
  }
  return `file:${file}`;
}

function kindOf(path: string): 'file' | 'directory' | null {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  return found.isDirectory() ? 'directory' : 'file';
}
