import type { SourceConfig } from '../../config/types.ts';
import { CutoverError } from '../../contract/index.ts';
import { bytesOf, type RawPath, rawPath } from '../exclusion.ts';
import { printable } from '../names.ts';
import { canonicalOrder } from '../order.ts';
import { type Refusal, refuseAll } from '../refusal.ts';
import type { SnapshotOptions } from '../source.ts';
import type { Manifest, Snapshot } from '../types.ts';
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
  return {
    revision: commit,
    branch,
    message,
    author,
    manifest,
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
  const tree = await listTree(repository, commit, signal);
  const part = itemsBelow(tree, prefix);
  if (part === null) throw noDirectory(repository, commit, prefix);
  const included = await withoutExcluded(repository, part, config.exclude, signal);
  const rules = await exportRules(repository, tree, withPrefix(included, prefix), signal);
  const exported = withoutIgnored(included, (item) => rules.ignored.has(prefix + item.path));
  const refusals = refusalsOf(exported);
  const fine = without(exported, refusals);
  const blobs = await digestBlobs(repository, fine, signal);
  refuseAll(`${repository.path} at ${commit.slice(0, 12)}`, [...refusals, ...contentRefusals(fine, blobs)]);
  const converted = withPrefix(fine, prefix).filter(
    (item) => rules.converted.has(item.path) && item.kind === 'file',
  );
  const digests = await digestConverted(repository, commit, converted, signal);
  const manifest = fine.map((item) =>
    entryOf(item, digests.get(prefix + item.path) ?? blobs.get(item.object)),
  );
  const objects = fine.map(
    (item) => [bytesOf(item.path).toString(), digests.has(prefix + item.path) ? null : item.object] as const,
  );
  return {
    manifest: canonicalOrder(manifest),
    contents: { repository, commit, prefix, objects: new Map(objects) },
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
  items: readonly TreeItem[],
  signal: AbortSignal,
): Promise<ReadonlyMap<RawPath, Digest>> {
  const paths = items.map((item) => item.path).sort();
  const digests = new Map<RawPath, Digest>();
  for await (const file of readArchived(repository, commit, paths, signal)) {
    digests.set(file.path, await digest(file));
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
