import { closest } from '../../config/closest.ts';
import { CutoverError } from '../../contract/index.ts';
import { printable } from '../names.ts';
import { git, type Repository, textOf, tryGit } from './command.ts';
import type { ObjectContent, Objects } from './objects.ts';
import type { OpenRepository } from './openRepository.ts';

/** A commit, found. */
export interface Revision {
  readonly commit: string;
  /** Its tree object. */
  readonly tree: string;
  /** Null for a tag, a hash, and everything else that is no branch of this repository. */
  readonly branch: string | null;
  /** First line of the message. */
  readonly message: string;
  /** `Name <mail>`. */
  readonly author: string;
}

/**
 * The commit that a branch, tag, hash or other revision (gitrevisions(7)) names; null is HEAD. `head` is the branch
 * that HEAD leads to, if any. Rejects with `E_SOURCE` when there is none, and when a branch and a tag of that name are
 * different commits.
 */
export async function resolveRevision(
  { repository, objects, head }: OpenRepository,
  ref: string | null,
  signal: AbortSignal,
): Promise<Revision> {
  if (ref !== null && !/^[^\u0000-\u001f\u007f]+$/.test(ref)) throw await unknown(repository, ref, signal);
  const isName = ref !== null && !NO_NAME.test(ref);
  const names = [ref ?? 'HEAD', ...(isName ? [`refs/heads/${ref}`, `refs/tags/${ref}`] : [])];
  const [found = null, asBranch = null, asTag = null] = await commitsOf(objects, names, signal);
  if (asBranch && asTag && asBranch.object !== asTag.object) throw ambiguous(repository, ref ?? '');
  if (found === null) throw await unknown(repository, ref, signal);
  const commit = found.object;
  const described = describe(found) ?? (await describeByLog(repository, found, signal));
  if (ref === null) return { commit, branch: head, ...described };
  if (asBranch?.object === commit) return { commit, branch: ref, ...described };
  // A tag of this name makes every other meaning ambiguous, and a hash is no branch.
  const branch = asTag !== null || ref === commit ? null : await branchOf(repository, ref, signal);
  return { commit, branch, ...described };
}

/**
 * Some names that mean nothing (`HEAD@{u}` of a branch without upstream) end git-cat-file(1): it is asked for them
 * alone, and not to be found is the answer.
 */
async function commitsOf(
  objects: Objects,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly (ObjectContent | null)[]> {
  const asked = objects.contents(
    names.map((name) => `${name}^{commit}`),
    signal,
  );
  if (names.length > 1 || names[0] === 'HEAD') return await asked;
  return await asked.catch(() => {
    signal.throwIfAborted();
    return [];
  });
}

type Description = Pick<Revision, 'tree' | 'message' | 'author'>;

/** The name of the tree object in a commit object; null when it is odd. */
export function treeIn({ content }: Pick<ObjectContent, 'content'>): string | null {
  const line = content.toString('latin1', 0, Math.max(0, content.indexOf(10)));
  return /^tree ([0-9a-f]{40}|[0-9a-f]{64})$/.exec(line)?.[1] ?? null;
}

/** From the commit object; null for one that git has to convert, or that is odd. */
function describe({ content }: ObjectContent): Description | null {
  const tree = treeIn({ content });
  const text = content.toString();
  const end = text.indexOf('\n\n');
  const headers = end < 0 ? text : text.slice(0, end + 1);
  const author = /^author (\S(?:[^<>\n]*\S)?) <([^<>\s]+)> \d+ [+-]\d+\n/m.exec(headers);
  if (tree === null || author === null || /^encoding /m.test(headers)) return null;
  const [message = ''] = end < 0 ? [] : text.slice(end + 2).split('\n', 1);
  return { tree, message, author: `${author[1]} <${author[2]}>` };
}

async function describeByLog(
  repository: Repository,
  { object, content }: ObjectContent,
  signal: AbortSignal,
): Promise<Description> {
  const args = ['log', '-1', '--no-show-signature', '--encoding=UTF-8', '--format=%an <%ae>%n%B', object];
  const [author = '', message = ''] = textOf(await git(repository, args, { signal })).split('\n');
  return { tree: treeIn({ content }) ?? '', message, author };
}

/** What no name of a ref may hold (git-check-ref-format(1)): `main~1` is a revision, but no branch. */
const NO_NAME = /[~^:?*[\\ ]|\.\.|@\{/;

async function branchOf(repository: Repository, name: string, signal: AbortSignal): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', '--symbolic-full-name', '--end-of-options', name];
  const { stdout } = await tryGit(repository, args, { signal });
  return /^refs\/heads\/(.+)\n$/.exec(textOf(stdout))?.[1] ?? null;
}

function ambiguous(repository: Repository, ref: string): CutoverError {
  const message = `In ${repository.path} ${ref} is a branch and a tag, and they are different commits.`;
  return new CutoverError('E_SOURCE', message, { hint: `Use heads/${ref} or tags/${ref}.` });
}

async function unknown(
  repository: Repository,
  ref: string | null,
  signal: AbortSignal,
): Promise<CutoverError> {
  const format = ['for-each-ref', '--format=%(refname:short)', 'refs/heads', 'refs/remotes', 'refs/tags'];
  const names = textOf(await git(repository, format, { signal }))
    .split('\n')
    .filter(Boolean);
  const shallow = textOf(await git(repository, ['rev-parse', '--is-shallow-repository'], { signal }));
  const message =
    ref === null || names.length === 0
      ? `The repository ${repository.path} has no commit${ref === null ? ' at HEAD' : `, so no ${printable(ref)}`}.`
      : `The repository ${repository.path} has no branch, tag or commit ${printable(ref)}.`;
  return new CutoverError('E_SOURCE', message, { hint: hintFor(ref, names, shallow.trim() === 'true') });
}

function hintFor(ref: string | null, names: readonly string[], shallow: boolean): string {
  if (names.length === 0) return 'Commit something first.';
  const near = ref === null ? null : nearest(ref, names);
  const known =
    near === null ? `It has ${names.slice(0, 5).map(printable).join(', ')}.` : `Did you mean ${near}?`;
  return shallow ? `${known} The clone is shallow; git fetch --unshallow brings the rest.` : known;
}

/** A branch that only the remote has is the nearest: a fresh clone has no branch of its own for it. */
function nearest(ref: string, names: readonly string[]): string | null {
  return names.find((name) => name.endsWith(`/${ref}`)) ?? closest(ref, names);
}
