import type { TreeChanges } from './changes.ts';
import { canonicalOrder } from './order.ts';
import type { CachedEntry, CachedManifest, FileChange, Manifest, ManifestEntry, Operation } from './types.ts';

/** What makes the tree that a server holds into the wanted one. Nothing is to be done when `changes` is empty. */
export interface TreeDiff {
  /** One for each path that differs, sorted by path: directories and links too. */
  readonly changes: readonly FileChange[];
  /** Files and links to send, sorted. Each replaces what its path holds after `remove`. */
  readonly upload: readonly ManifestEntry[];
  /** Directories to make, after `remove` and before `upload`, parents first. */
  readonly directories: readonly string[];
  /**
   * What goes before anything is made, deepest first: what is not wanted, what has to make room for another kind,
   * and whatever an interrupted sync may have left. Each goes with all that it holds, links are not followed, and
   * a path may hold nothing.
   */
  readonly remove: readonly string[];
  readonly added: number;
  readonly updated: number;
  readonly removed: number;
  /** Content to be sent at the most: the sum of `bytes` in `changes`. */
  readonly bytes: number;
}

export interface DiffOptions {
  /** Paths that an interrupted sync may have touched: what the server holds there is unknown. */
  readonly suspect: ReadonlySet<string>;
  /** Sends every file and link, also those that the server's manifest says are equal. */
  readonly full: boolean;
}

/**
 * Compares by kind, mode, size and hash (of a link: of its target), never by time. A file whose mode alone differs is sent again:
 * releases share the cached inode, so its mode must not change under them. `cached` null: nothing is there.
 */
export function diffManifests(
  cached: CachedManifest | null,
  wanted: Manifest,
  options: DiffOptions,
): TreeDiff {
  const held = new Map((cached ?? []).map((entry) => [entry.path, entry]));
  const dirty = canonicalOrder(wanted).filter((entry) => isDirty(entry, held.get(entry.path), options));
  const unwanted = pathsNotWanted(held, wanted, options.suspect);
  const changes = canonicalOrder([
    ...dirty.map((entry) => changeOf(entry, held.has(entry.path) ? 'update' : 'add')),
    ...unwanted.map((path): FileChange => ({ op: 'remove', path, bytes: 0 })),
  ]);
  const room = dirty.filter((entry) => needsRoom(entry, held.get(entry.path))).map((entry) => entry.path);
  return {
    changes,
    upload: dirty.filter((entry) => entry.kind !== 'directory'),
    directories: dirty.filter((entry) => entry.kind === 'directory').map((entry) => entry.path),
    remove: deepestFirst([...unwanted, ...room, ...options.suspect], options.suspect),
    ...sums(changes),
  };
}

/** The same from what the source itself knows to have changed. */
export function diffOfChanges({ put, gone }: TreeChanges): TreeDiff {
  const changes = canonicalOrder([
    ...put.map(({ entry, was }) => changeOf(entry, was === null ? 'add' : 'update')),
    ...gone.map(({ path }): FileChange => ({ op: 'remove', path, bytes: 0 })),
  ]);
  const room = put.filter(
    ({ entry, was }) => was !== null && (entry.kind === 'directory') !== (was === 'directory'),
  );
  const entries = put.map(({ entry }) => entry);
  return {
    changes,
    upload: entries.filter((entry) => entry.kind !== 'directory'),
    directories: entries.filter((entry) => entry.kind === 'directory').map((entry) => entry.path),
    remove: deepestFirst(
      [...gone, ...room.map(({ entry }) => entry)].map(({ path }) => path),
      new Set(),
    ),
    ...sums(changes),
  };
}

/** The server's manifest after `diff` was carried out: what was not sent keeps its time. */
export function nextManifest(
  cached: CachedManifest | null,
  wanted: Manifest,
  diff: TreeDiff,
  modifiedAtSec: number,
): CachedManifest {
  const held = new Map((cached ?? []).map((entry) => [entry.path, entry]));
  const made = new Set([...diff.directories, ...diff.upload.map((entry) => entry.path)]);
  return canonicalOrder(wanted).map((entry) => {
    const before = made.has(entry.path) ? undefined : held.get(entry.path);
    return { ...entry, modifiedAtSec: before?.modifiedAtSec ?? modifiedAtSec };
  });
}

function isDirty(wanted: ManifestEntry, held: CachedEntry | undefined, options: DiffOptions): boolean {
  if (options.full && wanted.kind !== 'directory') return true;
  if (isAtOrBelow(wanted.path, options.suspect)) return true;
  return (
    held === undefined ||
    held.kind !== wanted.kind ||
    held.mode !== wanted.mode ||
    held.sizeBytes !== wanted.sizeBytes ||
    held.hash !== wanted.hash
  );
}

/** A file or link is renamed over what was there, which works unless one of the two is a directory. */
function needsRoom(wanted: ManifestEntry, held: CachedEntry | undefined): boolean {
  return held !== undefined && (wanted.kind === 'directory') !== (held.kind === 'directory');
}

function pathsNotWanted(
  held: ReadonlyMap<string, CachedEntry>,
  wanted: Manifest,
  suspect: ReadonlySet<string>,
): readonly string[] {
  const keep = new Set(wanted.map((entry) => entry.path));
  return [...new Set([...held.keys(), ...suspect])].filter((path) => !keep.has(path));
}

/**
 * Nothing below a suspect path is removed by name: the path may be a link by now, and the removal would go through
 * it. It goes with the suspect path itself.
 */
function deepestFirst(paths: readonly string[], suspect: ReadonlySet<string>): readonly string[] {
  const unique = [...new Set(paths)].filter((path) => !isBelow(path, suspect));
  return canonicalOrder(unique.map((path) => ({ path })))
    .map((entry) => entry.path)
    .reverse();
}

export function isAtOrBelow(path: string, directories: ReadonlySet<string>): boolean {
  return directories.has(path) || isBelow(path, directories);
}

function isBelow(path: string, directories: ReadonlySet<string>): boolean {
  if (directories.size === 0) return false;
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
    if (directories.has(path.slice(0, slash))) return true;
  }
  return false;
}

function changeOf(entry: ManifestEntry, op: Operation): FileChange {
  return { op, path: entry.path, bytes: entry.kind === 'file' ? entry.sizeBytes : 0 };
}

function sums(changes: readonly FileChange[]): Pick<TreeDiff, 'added' | 'updated' | 'removed' | 'bytes'> {
  return {
    added: count(changes, 'add'),
    updated: count(changes, 'update'),
    removed: count(changes, 'remove'),
    bytes: changes.reduce((sum, change) => sum + change.bytes, 0),
  };
}

function count(changes: readonly FileChange[], op: Operation): number {
  return changes.filter((change) => change.op === op).length;
}
