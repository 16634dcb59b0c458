import { diffManifests, nextManifest, type TreeDiff } from './diff.ts';
import type { CachedManifest, Manifest } from './types.ts';

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
  readonly next: CachedManifest;
  /** Directories that must stand in the cache as such: nothing is written or removed through a link. */
  readonly expected: readonly string[];
}

/**
 * Pure. `full` builds the cache anew. After an interrupted upload the paths it may have touched are sent again; if it was
 * changing what kind of thing a path is, nothing can be relied on and the cache is built anew.
 */
export function planSync(
  cache: CacheKnowledge,
  wanted: Manifest,
  full: boolean,
  modifiedAtSec: number,
): SyncWork {
  const suspect = cache.pending === null ? new Set<string>() : differing(cache.manifest ?? [], cache.pending);
  const fresh = full || cache.manifest === null || suspect === null;
  const held = fresh ? null : cache.manifest;
  const unsure = suspect ?? new Set<string>();
  const diff = diffManifests(held, wanted, { suspect: fresh ? new Set() : unsure, full: false });
  return {
    fresh,
    diff,
    next: nextManifest(held, wanted, diff, modifiedAtSec),
    expected: expectedDirectories(held, diff, unsure),
  };
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
  const touched = new Set<string>();
  for (const path of [...diff.directories, ...diff.remove, ...diff.upload.map((entry) => entry.path)]) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
      touched.add(path.slice(0, end));
  }
  return (held ?? [])
    .filter((entry) => entry.kind === 'directory' && touched.has(entry.path) && !unsure.has(entry.path))
    .map((entry) => entry.path);
}
