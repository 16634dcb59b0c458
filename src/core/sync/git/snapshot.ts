import type { SourceConfig } from '../../config/types.ts';
import { knownBlocks } from '../knownBlocks.ts';
import { manifestHash } from '../manifestText.ts';
import type { SnapshotOptions } from '../source.ts';
import type { Snapshot } from '../types.ts';
import { wholeOnly } from '../wholeOnly.ts';
import { localAttributes } from './attributes.ts';
import { knownBlobs } from './blobCache.ts';
import { readingThrough } from './blobReading.ts';
import { readContents } from './contents.ts';
import { openRepository } from './openRepository.ts';
import { prefixOf } from './parts.ts';
import { provenTrees } from './provenTrees.ts';
import { resolveRevision } from './revision.ts';
import { isSteady } from './steady.ts';
import { steadySnapshot } from './steadySnapshot.ts';
import { topOf } from './top.ts';
import { treesOf } from './trees.ts';
import { type WholeTree, wholeTree } from './wholeTree.ts';

type GitConfig = Extract<SourceConfig, { type: 'git' }>;

export interface GitSnapshotOptions extends SnapshotOptions {
  /** Where what was found out about objects is kept for the next run; null or left out: nowhere. */
  readonly cacheDirectory?: string | null;
}

/**
 * The files of a commit as git-archive(1) exports them, whatever the work tree holds, without what is excluded.
 * Directories in which nothing is left are not there, as in git. Submodules are directories with the files of the
 * commit that is recorded; what is in Git LFS is there with its content. The whole tree is read only when it is asked
 * for, or where something outside of it changes what is exported.
 */
export async function gitSnapshot(config: GitConfig, options: GitSnapshotOptions): Promise<Snapshot> {
  const { ref, signal, cacheDirectory = null } = options;
  const opened = await openRepository(config.repository, signal);
  const { repository, objects } = opened;
  const revision = await resolveRevision(opened, ref, signal);
  const { commit, branch, message, author } = revision;
  const about = { revision: commit, branch, message, author };
  const trees = treesOf(objects);
  const top = await topOf(trees, revision.tree, prefixOf(config.subdirectory), signal);
  const local = await localAttributes(repository);
  const blobs = readingThrough(repository, objects, knownBlobs(cacheDirectory), knownBlocks(cacheDirectory));
  const proven = provenTrees(cacheDirectory);
  if (top === null || !(await isSteady({ objects, trees, top, local, proven, signal }))) {
    const whole = await wholeTree(repository, commit, config, blobs, signal);
    return { ...about, ...ofWhole(whole), blocks: (content) => blobs.blocks.find(content) };
  }
  return { ...about, ...steadySnapshot({ config, repository, revision, top, local, objects, trees, blobs }) };
}

function ofWhole({
  manifest,
  contents,
}: WholeTree): Omit<Snapshot, 'revision' | 'branch' | 'message' | 'author'> {
  const state = `sha256:${manifestHash(manifest)}`;
  const read: Snapshot['read'] = (entries, signal) => readContents(contents, entries, signal);
  return { state, ...wholeOnly(manifest, state), read };
}
