import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What npm and oclif keep. */
const KEPT = ['package.json', 'package-lock.json', 'node_modules'];

/**
 * Changes what is installed; when that rejects, all is put back as it was. oclif removes what it could not install,
 * also where another version of it worked before.
 */
export async function unlessItFails<T>(dataDirectory: string, change: () => Promise<T>): Promise<T> {
  const before = join(dataDirectory, '.before');
  await rm(before, { recursive: true, force: true });
  await mkdir(before, { recursive: true });
  try {
    // Links of packages lead where they led: some are relative.
    const options = { recursive: true, verbatimSymlinks: true, preserveTimestamps: true };
    await eachThatIsThere((name) => cp(join(dataDirectory, name), join(before, name), options));
    return await change().catch(async (error: unknown) => {
      for (const name of KEPT) await rm(join(dataDirectory, name), { recursive: true, force: true });
      await eachThatIsThere((name) => rename(join(before, name), join(dataDirectory, name)));
      throw error;
    });
  } finally {
    await rm(before, { recursive: true, force: true });
  }
}

async function eachThatIsThere(work: (name: string) => Promise<void>): Promise<void> {
  for (const name of KEPT) {
    await work(name).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}
