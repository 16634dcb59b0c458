import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Repository, runGit, textOf } from './command.ts';
import { cleanEnvironment } from './environment.ts';
import { gitError } from './gitError.ts';

/** Where that is which linked work trees share: git's `$GIT_COMMON_DIR` (gitrepository-layout(5), "commondir"). */
export async function commonDirectoryOf({ gitDirectory }: Repository): Promise<string> {
  const text = await readFile(join(gitDirectory, 'commondir'), 'utf8').catch(() => '.');
  return resolve(gitDirectory, text.replace(/\n$/, ''));
}

/** The repository in whose work tree `path` is, or null. Rejects with `E_SOURCE` when git does not trust it. */
export async function repositoryAround(path: string, signal: AbortSignal): Promise<Repository | null> {
  const args = ['rev-parse', '--absolute-git-dir'];
  const found = await runGit(path, args, { cwd: path, env: cleanEnvironment() }, { signal });
  if (/not a git repository/i.test(found.stderr)) return null;
  if (found.exitCode !== 0) throw gitError(path, args, found);
  return { path, gitDirectory: textOf(found.stdout).replace(/\n$/, '') };
}

/** The top of the work tree in which `path` is. Null in a bare repository. */
export async function workTreeAt(path: string, signal: AbortSignal): Promise<string | null> {
  const where = { cwd: path, env: cleanEnvironment() };
  const { exitCode, stdout } = await runGit(path, ['rev-parse', '--show-toplevel'], where, { signal });
  return exitCode === 0 ? textOf(stdout).replace(/\n$/, '') : null;
}
