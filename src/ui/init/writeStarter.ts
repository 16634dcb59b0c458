import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type StarterAnswers, starterConfig } from '../../core/config/starter.ts';
import { CutoverError, messageOf } from '../../core/contract/index.ts';

/** Writes the configuration and gives its path as it was asked for. Throws `E_USAGE` rather than replace one unasked. */
export async function writeStarter(
  directory: string,
  file: string,
  answers: StarterAnswers,
  force: boolean,
): Promise<string> {
  try {
    await writeFile(resolve(directory, file), starterConfig(answers), { flag: force ? 'w' : 'wx' });
    return file;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new CutoverError('E_USAGE', `${file} could not be written: ${messageOf(error)}`, {
        cause: error,
      });
    }
    throw existsAlready(file);
  }
}

/** Nobody is asked for what would not be written. Throws `E_USAGE` where something is there. */
export function requireFree(directory: string, file: string): void {
  if (existsSync(resolve(directory, file))) throw existsAlready(file);
}

function existsAlready(file: string): CutoverError {
  return new CutoverError('E_USAGE', `${file} exists already; it was not touched.`, {
    hint: 'Edit it, or replace it: cutover init --force',
  });
}
