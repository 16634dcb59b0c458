import { readFile } from 'node:fs/promises';
import { CutoverError, messageOf } from '../../../core/contract/index.ts';
import { type KnownHost, parseKnownHosts } from './knownHosts.ts';

/** All lines of these files. A file that is not there is empty; one that cannot be read might hold a revocation. */
export async function loadKnownHosts(files: readonly string[]): Promise<readonly KnownHost[]> {
  const tables = await Promise.all(files.map(async (file) => parseKnownHosts(await readIfThere(file), file)));
  return tables.flat();
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return '';
    throw new CutoverError('E_HOST_KEY', `Could not read the known hosts of ${file}: ${messageOf(cause)}`, {
      hint: `Make the file readable: \`ls -l ${file}\``,
      cause,
    });
  }
}
