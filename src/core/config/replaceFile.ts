import { chmod, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { CutoverError, messageOf } from '../contract/index.ts';

/** Replaces a text file in one step, behind links too; its mode stays. Throws `E_CONFIG` with the old one in place. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const target = await realpath(file);
  const next = `${target}.${process.pid}`;
  try {
    await writeFile(next, text, { flag: 'wx', mode: 0o600 });
    await chmod(next, (await stat(target)).mode & 0o777);
    await rename(next, target);
  } catch (error) {
    await rm(next, { force: true });
    throw new CutoverError('E_CONFIG', `${file} could not be written: ${messageOf(error)}`, { cause: error });
  }
}
