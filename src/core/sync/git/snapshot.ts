import type { SourceConfig } from '../../config/types.ts';
import { CutoverError } from '../../contract/index.ts';
import { bytesOf, type RawPath, rawPath } from '../exclusion.ts';
import { manifestHash } from '../manifestText.ts';
import { printable } from '../names.ts';
import { canonicalOrder } from '../order.ts';
import { type Refusal, refuseAll } from '../refusal.ts';
import type { SnapshotOptions } from '../source.ts';
import type { Manifest, Snapshot } from '../types.ts';
import { wholeOnly } from '../wholeOnly.ts';
import { readArchived } from './archive.ts';
import { exportRules } from './attributes.ts';
import { openRepository, type Repository } from './command.ts';
import { type Contents, readContents } from './contents.ts';
import { contentRefusals, type Digest, digest, digestBlobs, entryOf } from './describe.ts';
import { describeCommit, resolveRevision } from './revision.ts';
import { refusalsOf, withoutExcluded, withoutHidden, withoutIgnored } from './select.ts';
import { listTree, type TreeItem } from './tree.ts';

type GitConfig = Extract<SourceConfig, { type: 'git' }>;

/**
 * The files of a commit as git-archive(1) exports them, whatever the work tree holds, without what is excluded.
 * Directories in which nothing is left are not there, as in git.
 */
export async function gitSnapshot(config: GitConfig, { ref, signal }: SnapshotOptions): Promise<Snapshot> {
  const repository = await openRepository(config.repository, signal);
  const { commit, branch } = await resolveRevision(repository, ref, signal);
  const { message, author } = await describeCommit(repository, commit, signal);
  const { manifest, contents } = await describeTree(repository, commit, config, signal);
  const state = `sha256:${manifestHash(manifest)}`;
  return {
    revision: commit,
    branch,
    message,
    author,
    state,
    ...wholeOnly(manifest, state),
    read: (entries, during) => readContents(contents, entries, during),
  };
}

async function describeTree(
  repository: Repository,
  commit: string,
  config: GitConfig,
  signal: AbortSignal,
): Promise<{ readonly manifest: Manifest; readonly contents: Contents }> {
  const prefix = prefixOf(config.subdirectory);
  const { items, refusals, converted } = await selectItems(
    repository,
    commit,
    prefix,
    config.exclude,
    signal,
  );
  const blobs = await digestBlobs(repository, items, signal);
  refuseAll(`${repository.path} at ${commit.slice(0, 12)}`, [...refusals, ...contentRefusals(items, blobs)]);
  const digests = await digestConverted(repository, commit, prefix, items.filter(converted), signal);
  const manifest = items.map((item) => entryOf(item, digests.get(item.path) ?? blobs.get(item.object)));
  const objects = items.map(
    (item) => [bytesOf(item.path).toString(), digests.has(item.path) ? null : item.object] as const,
  );
  return {
    manifest: canonicalOrder(manifest),
    contents: { repository, commit, prefix, objects: new Map(objects) },
  };
}

interface Selection {
  /** Paths are relative to the prefix. */
  readonly items: readonly TreeItem[];
  readonly refusals: readonly Refusal[];
  readonly converted: (item: TreeItem) => boolean;
}

async function selectItems(
  repository: Repository,
  commit: string,
  prefix: RawPath,
  exclude: readonly string[],
  signal: AbortSignal,
): Promise<Selection> {
  const tree = await listTree(repository, commit, signal);
  const part = itemsBelow(tree, prefix);
  if (part === null) throw noDirectory(repository, commit, prefix);
  const included = await withoutExcluded(repository, part, exclude, signal);
  const rules = await exportRules(repository, tree, withPrefix(included, prefix), signal);
  const exported = withoutIgnored(included, (item) => rules.ignored.has(prefix + item.path));
  const refusals = refusalsOf(exported);
  return {
    items: without(exported, refusals),
    refusals,
    converted: (item) => item.kind === 'file' && rules.converted.has(prefix + item.path),
  };
}

/** Empty, or with a slash at its end. */
function prefixOf(subdirectory: string | null): RawPath {
  const names = (subdirectory ?? '').split('/').filter((name) => name !== '' && name !== '.');
  return names.map((name) => `${rawPath(name)}/`).join('');
}

/** With paths relative to the prefix. Null when that is no directory. */
function itemsBelow(tree: readonly TreeItem[], prefix: RawPath): readonly TreeItem[] | null {
  if (prefix === '') return tree;
  const top = prefix.slice(0, -1);
  if (!tree.some((item) => item.kind === 'directory' && item.path === top)) return null;
  return tree
    .filter((item) => item.path.startsWith(prefix))
    .map((item) => ({ ...item, path: item.path.slice(prefix.length) }));
}

function withPrefix(items: readonly TreeItem[], prefix: RawPath): readonly TreeItem[] {
  return prefix === '' ? items : items.map((item) => ({ ...item, path: prefix + item.path }));
}

function without(items: readonly TreeItem[], refusals: readonly Refusal[]): readonly TreeItem[] {
  if (refusals.length === 0) return items;
  const refused = new Set(refusals.map(({ path }) => rawPath(path)));
  return withoutHidden(items, (item) => refused.has(item.path));
}

async function digestConverted(
  repository: Repository,
  commit: string,
  prefix: RawPath,
  items: readonly TreeItem[],
  signal: AbortSignal,
): Promise<ReadonlyMap<RawPath, Digest>> {
  const paths = items.map((item) => prefix + item.path).sort();
  const digests = new Map<RawPath, Digest>();
  for await (const file of readArchived(repository, commit, paths, signal)) {
    digests.set(file.path.slice(prefix.length), await digest(file));
  }
  return digests;
}

function noDirectory(repository: Repository, commit: string, prefix: RawPath): CutoverError {
  const directory = printable(bytesOf(prefix.slice(0, -1)));
  const message = `The commit ${commit.slice(0, 12)} of ${repository.path} has no directory ${directory}.`;
  return new CutoverError('E_SOURCE', message, {
    hint: 'Correct `source.subdirectory` in the configuration.',
  });
}
