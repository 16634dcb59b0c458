import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteAll } from '../../contract/index.ts';
import { bytesOf, type RawPath, rawPath } from '../exclusion.ts';
import type { Refusal } from '../refusal.ts';
import { type Repository, tryGit } from './command.ts';
import { gitError } from './gitError.ts';
import { commonDirectoryOf, repositoryAround } from './places.ts';
import type { TreeItem } from './tree.ts';

/** Where the repositories of submodules may be. */
export interface Superproject {
  readonly repository: Repository;
  /** The top of its work tree; null when it has none. */
  readonly workTree: () => Promise<string | null>;
  /** The one that is in no other: there submodules are fetched. */
  readonly outermost: Repository;
}

export interface Submodule {
  /** From the top of the superproject. */
  readonly path: RawPath;
  /** Null when .gitmodules does not know it. */
  readonly name: string | null;
  readonly commit: string;
}

/** The names of submodules by their paths, as the commit's own .gitmodules has them (gitmodules(5)). */
export async function submoduleNames(
  repository: Repository,
  tree: readonly TreeItem[],
  signal: AbortSignal,
): Promise<ReadonlyMap<RawPath, string>> {
  const file = tree.find((item) => item.path === '.gitmodules' && item.kind === 'file');
  if (file === undefined) return new Map();
  const args = ['config', '--blob', file.object, '-z', '--get-regexp', '^submodule\\..*\\.path$'];
  const answer = await tryGit(repository, args, { signal });
  if (answer.exitCode > 1) throw gitError(repository.path, args, answer);
  return new Map(rawPath(answer.stdout).split('\0').flatMap(namedPath));
}

/**
 * The repository that has the submodule's commit, or why there is none. Looked for where git-submodule(1) keeps it,
 * and in the work tree, where older versions did and clones that were made by hand are.
 */
export async function openSubmodule(
  superproject: Superproject,
  submodule: Submodule,
  signal: AbortSignal,
): Promise<Repository | Omit<Refusal, 'path'>> {
  const tried: Repository[] = [];
  for await (const candidate of candidates(superproject, submodule, signal)) {
    const args = ['cat-file', '-e', `${submodule.commit}^{commit}`];
    if ((await tryGit(candidate, args, { signal })).exitCode === 0) return candidate;
    tried.push(candidate);
  }
  return notFetched(superproject, submodule, tried.length > 0);
}

async function* candidates(
  { repository, workTree }: Superproject,
  { path, name }: Submodule,
  signal: AbortSignal,
): AsyncGenerator<Repository> {
  const places = new Set([repository.gitDirectory, await commonDirectoryOf(repository)]);
  for (const place of name === null ? [] : places) {
    const gitDirectory = join(place, 'modules', name ?? '');
    if (await exists(join(gitDirectory, 'HEAD'))) yield { path: gitDirectory, gitDirectory };
  }
  const top = await workTree();
  const checkedOut = top === null ? null : join(top, bytesOf(path).toString());
  if (checkedOut === null || !(await exists(join(checkedOut, '.git')))) return;
  const found = await repositoryAround(checkedOut, signal);
  if (found !== null) yield found;
}

async function notFetched(
  { outermost, workTree }: Superproject,
  { commit, name }: Submodule,
  isThere: boolean,
): Promise<Omit<Refusal, 'path'>> {
  if (name === null) return { reason: 'is a submodule that .gitmodules does not name' };
  const at = (...args: readonly string[]) => quoteAll(['git', '-C', outermost.path, ...args]);
  if ((await workTree()) === null) {
    return {
      reason: 'is a submodule, and bare repositories do not fetch those',
      remedy: quoteAll(['git', 'clone', '--recurse-submodules', outermost.path]),
    };
  }
  const update = at('submodule', 'update', '--init', '--recursive');
  return isThere
    ? {
        reason: `is a submodule whose commit ${commit.slice(0, 12)} was not fetched`,
        remedy: `${at('fetch', '--recurse-submodules')} && ${update}`,
      }
    : { reason: 'is a submodule that was not fetched', remedy: update };
}

/** As git itself judges them, no name may lead out of the directory of modules. */
function namedPath(line: RawPath): [RawPath, string][] {
  const [, name, path] = /^submodule\.(.+)\.path\n(.+)$/s.exec(line) ?? [];
  if (name === undefined || path === undefined || name.split(/[/\\]/).includes('..')) return [];
  return [[path.replace(/\/+$/, ''), bytesOf(name).toString()]];
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
