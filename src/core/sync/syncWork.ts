import { isLarge } from './blocks.ts';
import { type CacheHead, NO_TOTALS, type TreeTotals } from './cacheHead.ts';
import type { TreeChanges } from './changes.ts';
import { diffManifests, diffOfChanges, isAtOrBelow, nextManifest, type TreeDiff } from './diff.ts';
import type { Gone } from './manifestText.ts';
import { canonicalOrder } from './order.ts';
import { parentsOf } from './parents.ts';
import { planReuse, type Reuse, withoutReused } from './reuse.ts';
import type { CachedEntry, CachedManifest, Manifest } from './types.ts';

/** What is known of a deploy-cache: its manifest, and the one an interrupted upload was about to commit. */
export interface CacheKnowledge {
  readonly manifest: CachedManifest | null;
  readonly pending: CachedManifest | null;
}

/** All that has to be done to one deploy-cache. */
export interface SyncWork {
  /** The cache is thrown away and built anew. */
  readonly fresh: boolean;
  readonly diff: TreeDiff;
  /** Files of `diff.upload` that are not sent, because the server holds their content. */
  readonly reuse: readonly Reuse[];
  /** All that the cache will hold; null when just the change is known. */
  readonly next: CachedManifest | null;
  /** What the cache will say that it holds. */
  readonly head: CacheHead;
  /** The last segment of `head`: the whole manifest, or what is different in it. */
  readonly segment: readonly (CachedEntry | Gone)[];
  /** There is a cache, and nobody can read what it holds. */
  readonly unreadable: boolean;
  /** Directories that must stand in the cache as such: nothing is written or removed through a link. */
  readonly expected: readonly string[];
  /** What the cache holds of large files that are updated, by path: names of contents, for `Snapshot.blocks`. */
  readonly older: ReadonlyMap<string, string>;
}

export interface SyncTarget {
  /** Names the wanted tree. */
  readonly state: string;
  /** The release that is made: it gives new files their time, and the segment its name. */
  readonly release: string;
  readonly modifiedAtSec: number;
  /** The server can copy files, and tell what is in them. Default: false. */
  readonly reuses?: boolean;
}

/** So many segments are laid over each other before the manifest is written whole again. */
export const MOST_SEGMENTS = 32;

/**
 * Pure. `full` builds the cache anew. After an interrupted upload the paths it may have touched are sent again; if it was
 * changing what kind of thing a path is, nothing can be relied on and the cache is built anew.
 */
export function planSync(
  cache: CacheKnowledge & { readonly head?: CacheHead | null; readonly hash?: string | null },
  wanted: Manifest,
  full: boolean,
  target: SyncTarget,
): SyncWork {
  const suspect = cache.pending === null ? new Set<string>() : differing(cache.manifest ?? [], cache.pending);
  const fresh = full || cache.manifest === null || suspect === null;
  const held = fresh ? null : cache.manifest;
  const unsure = suspect ?? new Set<string>();
  const whole = diffManifests(held, wanted, { suspect: fresh ? new Set() : unsure, full: false });
  const sure = (held ?? []).filter((entry) => entry.kind === 'file' && !isAtOrBelow(entry.path, unsure));
  const reuse = target.reuses ? planReuse(whole, sure) : [];
  const diff = withoutReused(whole, reuse);
  const next = nextManifest(held, wanted, diff, target.modifiedAtSec);
  const isChange = held !== null && cache.pending === null && hasRoom(cache.head) && isSmall(diff, next);
  return {
    fresh,
    diff,
    reuse,
    next,
    unreadable: !full && cache.manifest === null && cache.hash !== null && cache.hash !== undefined,
    ...(isChange
      ? laidOver(cache.head!, diff, totalsOf(next), target)
      : { head: headOf([], totalsOf(next), target), segment: next }),
    expected: expectedDirectories(held, diff, unsure),
    older: olderContents(sure, diff),
  };
}

/** Pure. The same where the source knows what has changed since the state of the cache. */
export function planChanges(head: CacheHead, changes: TreeChanges, target: SyncTarget): SyncWork {
  const whole = diffOfChanges(changes);
  const reuse = target.reuses ? planReuse(whole, changes.held) : [];
  const diff = withoutReused(whole, reuse);
  return {
    fresh: false,
    diff,
    reuse,
    next: null,
    unreadable: false,
    ...laidOver(head, diff, totalsAfter(head.totals, changes), target),
    expected: changes.above,
    older: changes.older ?? new Map(),
  };
}

function olderContents(sure: Manifest, { upload }: TreeDiff): ReadonlyMap<string, string> {
  const large = new Set(upload.filter(isLarge).map(({ path }) => path));
  return new Map(
    large.size === 0 ? [] : sure.filter(({ path }) => large.has(path)).map(({ path, hash }) => [path, hash]),
  );
}

export function hasRoom(head: CacheHead | null | undefined): head is CacheHead {
  return head !== null && head !== undefined && head.segments.length < MOST_SEGMENTS;
}

/** A change that is nearly everything is better told whole. */
function isSmall(diff: TreeDiff, next: CachedManifest): boolean {
  return diff.changes.length < next.length / 2;
}

function laidOver(
  head: CacheHead,
  diff: TreeDiff,
  totals: TreeTotals,
  target: SyncTarget,
): Pick<SyncWork, 'head' | 'segment'> {
  const { modifiedAtSec } = target;
  const directories = diff.directories.map(
    (path): CachedEntry => ({ path, kind: 'directory', mode: 0o755, sizeBytes: 0, hash: '', modifiedAtSec }),
  );
  const put = diff.upload.map((entry): CachedEntry => ({ ...entry, modifiedAtSec }));
  const gone = diff.changes
    .filter((change) => change.op === 'remove')
    .map(({ path }): Gone => ({ path, kind: 'gone' }));
  return {
    head: headOf(head.segments, totals, target),
    segment: canonicalOrder([...directories, ...put, ...gone]),
  };
}

function headOf(before: readonly string[], totals: TreeTotals, { state, release }: SyncTarget): CacheHead {
  const name = before.includes(release) ? `${release}-${before.length}` : release;
  return { state, totals, segments: [...before, name] };
}

const TOTAL_OF = { file: 'files', directory: 'directories', link: 'links' } as const;

export function totalsOf(manifest: Manifest): TreeTotals {
  const totals = { ...NO_TOTALS };
  for (const { kind, sizeBytes } of manifest) {
    totals[TOTAL_OF[kind]] += 1;
    if (kind === 'file') totals.bytes += sizeBytes;
  }
  return totals;
}

function totalsAfter(before: TreeTotals, { put, gone, bytesDelta }: TreeChanges): TreeTotals {
  const totals = { ...before, bytes: before.bytes + bytesDelta };
  for (const { entry, was } of put) {
    totals[TOTAL_OF[entry.kind]] += 1;
    if (was !== null) totals[TOTAL_OF[was]] -= 1;
  }
  for (const { kind } of gone) totals[TOTAL_OF[kind]] -= 1;
  return totals;
}

/** The paths where the two differ; null when one of them changes its kind. */
function differing(before: CachedManifest, after: CachedManifest): ReadonlySet<string> | null {
  const diff = diffManifests(before, after, { suspect: new Set(), full: false });
  const kinds = new Map(before.map((entry) => [entry.path, entry.kind]));
  const changesKind = after.some((entry) => kinds.has(entry.path) && kinds.get(entry.path) !== entry.kind);
  return changesKind ? null : new Set(diff.changes.map((change) => change.path));
}

function expectedDirectories(
  held: CachedManifest | null,
  diff: TreeDiff,
  unsure: ReadonlySet<string>,
): readonly string[] {
  const made = [...diff.directories, ...diff.upload.map((entry) => entry.path)];
  const touched = new Set(parentsOf([...made, ...diff.remove]));
  return (held ?? [])
    .filter((entry) => entry.kind === 'directory' && touched.has(entry.path) && !unsure.has(entry.path))
    .map((entry) => entry.path);
}
