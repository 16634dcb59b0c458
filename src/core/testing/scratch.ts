import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new directory, until the end of the test. */
export async function scratch(name = 'cutover-core-'): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), name)));
  // A command that was ended may still be writing.
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  return directory;
}

/** A PATH on which these programs, shell scripts by their text, come before the real ones. */
export async function pathWith(tools: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(await scratch(), 'bin');
  await mkdir(directory);
  for (const [name, text] of Object.entries(tools)) {
    await writeFile(join(directory, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(directory, name), 0o755);
  }
  return `${directory}:${process.env.PATH ?? ''}`;
}
