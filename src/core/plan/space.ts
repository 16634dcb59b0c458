import type { EnvironmentConfig } from '../config/types.ts';
import type { Observation } from '../remote/observation.ts';
import { parentsOf } from '../sync/parents.ts';
import type { SyncWork } from '../sync/syncWork.ts';
import type { CachedManifest, ManifestEntry } from '../sync/types.ts';
import { unsharedFiles } from '../sync/unshared.ts';
import type { Refusal } from './refusals.ts';

/** A file system hands out blocks; this is the usual size. */
const BLOCK_BYTES = 4096;

/** For the ledger, the journal, the lock, the logs of commands, and the few directories around them. */
const SPARE = 64;

/** Of a manifest's line, besides the path and the target. */
const LINE_BYTES = 100;

/** What would not fit. */
export function spaceRefusals(
  server: string,
  seen: Observation,
  work: SyncWork,
  environment: Pick<EnvironmentConfig, 'link' | 'unshare'>,
): readonly Refusal[] {
  const needed = spaceNeeded(work, environment);
  const tooFull = (what: string, count: number, free: number): Refusal => ({
    server,
    why: `the file system of ${seen.path} has ${free} ${what} free and the deployment needs ${count}`,
    fix: 'Free some space there: "keep" says how many releases stay.',
  });
  return [
    ...(seen.freeBytes !== null && seen.freeBytes < needed.bytes
      ? [tooFull('bytes', needed.bytes, seen.freeBytes)]
      : []),
    ...(seen.freeInodes !== null && seen.freeInodes < needed.inodes
      ? [tooFull('inodes', needed.inodes, seen.freeInodes)]
      : []),
  ];
}

/** What a deployment takes before it gives anything back: what is sent, and the release's own. */
function spaceNeeded(
  work: SyncWork,
  environment: Pick<EnvironmentConfig, 'link' | 'unshare'>,
): { readonly bytes: number; readonly inodes: number } {
  const { diff, head, segment, fresh } = work;
  const { directories } = head.totals;
  const copied = copiesOf(work, environment);
  // What is merged into the cache is unpacked beside it first, in directories of its own.
  const unpacked = fresh ? directories : parentsOf(diff.upload.map(({ path }) => path)).length;
  const made = fresh ? 0 : diff.directories.length;
  const allDirectories = directories + unpacked + made;
  const segmentBytes = segment.reduce((sum, entry) => sum + entry.path.length + LINE_BYTES, 0);
  return {
    bytes:
      blocksOf(diff.upload) +
      copied.bytes +
      allDirectories * BLOCK_BYTES +
      2 * segmentBytes +
      SPARE * BLOCK_BYTES,
    inodes: diff.upload.length + copied.inodes + allDirectories + SPARE,
  };
}

/** What the release does not share with the cache. */
function copiesOf(
  { next, head }: SyncWork,
  { link, unshare }: Pick<EnvironmentConfig, 'link' | 'unshare'>,
): { readonly bytes: number; readonly inodes: number } {
  const all = head.totals.files + head.totals.links;
  // Each file takes a block more at the most.
  if (link === 'copy') return { bytes: head.totals.bytes + all * BLOCK_BYTES, inodes: all };
  const bytes = blocksOf(unsharedOf(next, unshare));
  return link === 'reflink' ? { bytes, inodes: all } : { bytes, inodes: unsharedOf(next, unshare).length };
}

function unsharedOf(next: CachedManifest | null, unshare: readonly string[]): readonly ManifestEntry[] {
  if (next === null) return [];
  const unshared = new Set(unsharedFiles(next, unshare));
  return next.filter(({ path }) => unshared.has(path));
}

function blocksOf(entries: readonly ManifestEntry[]): number {
  return entries.reduce((sum, entry) => sum + Math.ceil(entry.sizeBytes / BLOCK_BYTES) * BLOCK_BYTES, 0);
}
