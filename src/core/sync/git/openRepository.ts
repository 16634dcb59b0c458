import { stat } from 'node:fs/promises';
import { CutoverError } from '../../contract/index.ts';
import { type Repository, runGit, textOf } from './command.ts';
import { cleanEnvironment } from './environment.ts';
import { gitError } from './gitError.ts';
import { type Objects, openObjects } from './objects.ts';

export interface OpenRepository {
  readonly repository: Repository;
  readonly objects: Objects;
  /** The branch that HEAD leads to; null when it leads to a commit. */
  readonly head: string | null;
}

/**
 * Git finds the repository while git-cat-file(1) is being started. Rejects with `E_SOURCE`: there is no directory, no
 * repository, no git, or git refuses because of its owner.
 */
export async function openRepository(path: string, signal: AbortSignal): Promise<OpenRepository> {
  const found = await stat(path).catch(() => null);
  if (!found?.isDirectory()) {
    throw new CutoverError('E_SOURCE', `The source repository ${path} is not a directory.`, {
      hint: 'Correct `source.git` in the configuration.',
    });
  }
  const where = { cwd: path, env: cleanEnvironment() };
  const objects = openObjects(path, where);
  const asked = runGit(path, QUESTION, where, { signal });
  objects.warm();
  try {
    const result = await asked;
    const [gitDirectory, head = ''] = textOf(result.stdout).split('\n');
    // Where HEAD leads to nothing yet git answers the rest and fails.
    if (!gitDirectory) throw gitError(path, QUESTION, result);
    return {
      repository: { path, gitDirectory },
      objects,
      head: /^refs\/heads\/(.+)$/.exec(head)?.[1] ?? null,
    };
  } catch (error) {
    objects.close();
    throw error;
  }
}

const QUESTION = ['rev-parse', '--absolute-git-dir', '--symbolic-full-name', 'HEAD', '--'];
