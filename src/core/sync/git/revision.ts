import { closest } from '../../config/closest.ts';
import { CutoverError } from '../../contract/index.ts';
import { printable } from '../names.ts';
import { git, type Repository, textOf, tryGit } from './command.ts';

export interface Revision {
  readonly commit: string;
  /** Null for a tag, a hash, and everything else that is no branch of this repository. */
  readonly branch: string | null;
}

/**
 * The commit that a branch, tag, hash or other revision (gitrevisions(7)) names; null is HEAD. Rejects with
 * `E_SOURCE` when there is none, and when a branch and a tag of that name are different commits.
 */
export async function resolveRevision(
  repository: Repository,
  ref: string | null,
  signal: AbortSignal,
): Promise<Revision> {
  const find = (name: string) => commitOf(repository, name, signal);
  const isName = ref !== null && !NO_NAME.test(ref);
  const [commit, asBranch, asTag] = await Promise.all([
    find(ref ?? 'HEAD'),
    isName ? find(`refs/heads/${ref}`) : null,
    isName ? find(`refs/tags/${ref}`) : null,
  ]);
  if (asBranch && asTag && asBranch !== asTag) throw ambiguous(repository, ref ?? '');
  if (!commit) throw await unknown(repository, ref, signal);
  if (ref !== null && asBranch === commit) return { commit, branch: ref };
  return { commit, branch: await branchOf(repository, ref ?? 'HEAD', signal) };
}

/** First line of the message, and `Name <mail>` of the author. */
export async function describeCommit(
  repository: Repository,
  commit: string,
  signal: AbortSignal,
): Promise<{ readonly message: string; readonly author: string }> {
  const args = ['log', '-1', '--no-show-signature', '--encoding=UTF-8', '--format=%an <%ae>%n%B', commit];
  const [author = '', message = ''] = textOf(await git(repository, args, { signal })).split('\n');
  return { message, author };
}

/** What no name of a ref may hold (git-check-ref-format(1)): `main~1` is a revision, but no branch. */
const NO_NAME = /[~^:?*[\\ ]|\.\.|@\{/;

async function commitOf(repository: Repository, name: string, signal: AbortSignal): Promise<string | null> {
  if (!/^[^\u0000-\u001f\u007f]+$/.test(name)) return null;
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const { exitCode, stdout } = await tryGit(repository, args, { signal });
  const commit = textOf(stdout).trim();
  return exitCode === 0 && /^[0-9a-f]{40,64}$/.test(commit) ? commit : null;
}

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
