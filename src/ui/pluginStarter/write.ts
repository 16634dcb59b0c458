import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CutoverError, messageOf } from '../../core/contract/index.ts';

/** Writes files into a directory that is not there, or empty. Throws `E_USAGE` rather than replace anything. */
export async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  try {
    const there = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    if (there.length > 0)
      throw new CutoverError('E_USAGE', `${directory} is not empty; nothing was written.`, {
        hint: 'Name another one with --dir.',
      });
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text, { flag: 'wx' });
    }
  } catch (error) {
    if (error instanceof CutoverError) throw error;
    throw new CutoverError('E_USAGE', `${directory} could not be written: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
