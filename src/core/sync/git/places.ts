import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Repository, runGit, textOf } from './command.ts';
import { cleanEnvironment } from './environment.ts';

/** Where that is which linked work trees share: git's `$GIT_COMMON_DIR` (gitrepository-layout(5), "commondir"). */
export async function commonDirectoryOf({ gitDirectory }: Repository): Promise<string> {
  const text = await readFile(join(gitDirectory, 'commondir'), 'utf8').catch(() => '.');
  return resolve(gitDirectory, text.replace(/\n$/, ''));
}

/** The top of the work tree in which `path` is. Null in a bare repository. */
export async function workTreeAt(path: string, signal: AbortSignal): Promise<string | null> {
  const where = { cwd: path, env: cleanEnvironment() };
  const { exitCode, stdout } = await runGit(path, ['rev-parse', '--show-toplevel'], where, { signal });
  return exitCode === 0 ? textOf(stdout).replace(/\n$/, '') : null;
}
