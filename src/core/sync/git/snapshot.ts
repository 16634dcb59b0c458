import type { SourceConfig } from '../../config/types.ts';
import { manifestHash } from '../manifestText.ts';
import { canonicalOrder } from '../order.ts';
import { refuseAll } from '../refusal.ts';
import type { SnapshotOptions } from '../source.ts';
import type { Manifest, ManifestEntry, Snapshot } from '../types.ts';
import { wholeOnly } from '../wholeOnly.ts';
import { openRepository, type Repository } from './command.ts';
import { type Contents, type Origin, readContents } from './contents.ts';
import { describePart, type ReadPart, readPart } from './describePart.ts';
import { selectParts } from './parts.ts';
import { describeCommit, resolveRevision } from './revision.ts';

type GitConfig = Extract<SourceConfig, { type: 'git' }>;

/**
 * The files of a commit as git-archive(1) exports them, whatever the work tree holds, without what is excluded.
 * Directories in which nothing is left are not there, as in git. Submodules are directories with the files of the
 * commit that is recorded; what is in Git LFS is there with its content.
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
  const { parts, refusals } = await selectParts(repository, commit, config, signal);
  const read: ReadPart[] = [];
  for (const part of parts) read.push(await readPart(part, signal));
  const against = [...refusals, ...read.flatMap((part) => part.refusals)];
  refuseAll(`${repository.path} at ${commit.slice(0, 12)}`, against);
  const manifest: ManifestEntry[] = [];
  const contents = new Map<string, Origin>();
  for (const part of read) {
    for (const { entry, origin } of await describePart(part, signal)) {
      manifest.push(entry);
      if (origin !== null) contents.set(entry.path, origin);
    }
  }
  return { manifest: canonicalOrder(manifest), contents };
}
