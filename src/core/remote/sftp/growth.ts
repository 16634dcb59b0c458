import type { SftpStat } from '../../contract/index.ts';
import type { CachedEntry, CachedManifest } from '../../sync/types.ts';
import { isAsUploaded } from './compare.ts';

/** What makes a tree that stands there into the one of a manifest. */
export interface Growth {
  /** What goes first, each with all that it holds; none lies below another. */
  readonly remove: readonly string[];
  /** What is to be made, after that: everything that is not kept. */
  readonly make: readonly CachedEntry[];
  /** Links that stay if their text is still the right one. */
  readonly links: readonly CachedEntry[];
  /** How many files stay. */
  readonly kept: number;
}

export interface Standing {
  readonly tree: ReadonlyMap<string, SftpStat>;
  /** The time of the top directory is the one that was set on it. */
  readonly isTopUntouched: boolean;
}

export const NOTHING: Standing = { tree: new Map(), isTopUntouched: false };

/**
 * Pure. Only what stands in a directory that nobody made, removed or renamed anything in since it was built is kept: that
 * changes the directory's time. And of that only files which are what was uploaded. `isCopied`: what never stays, because
 * it is not shared with the cache.
 */
export function growth(
  { tree, isTopUntouched }: Standing,
  manifest: CachedManifest,
  isCopied: (path: string) => boolean,
): Growth {
  const wanted = new Map(manifest.map((entry) => [entry.path, entry]));
  const remove: string[] = [];
  const links: CachedEntry[] = [];
  const kept = new Set<string>();
  const untouched = new Set(isTopUntouched ? [''] : []);
  const gone = new Set<string>();
  let files = 0;
  // Parents come before what is in them.
  for (const [path, stat] of tree) {
    const parent = parentOf(path);
    if (gone.has(parent)) {
      gone.add(path);
      continue;
    }
    const entry = wanted.get(path);
    const stays =
      entry !== undefined &&
      entry.kind === stat.kind &&
      (entry.kind === 'directory'
        ? stat.mode === entry.mode
        : untouched.has(parent) && (entry.kind === 'link' || (isAsUploaded(stat, entry) && !isCopied(path))));
    if (!stays) {
      remove.push(path);
      gone.add(path);
      continue;
    }
    kept.add(path);
    if (entry.kind === 'link') links.push(entry);
    else if (entry.kind === 'file') files += 1;
    else if (stat.modifiedAtSec === builtAtSec(entry.modifiedAtSec)) untouched.add(path);
  }
  return { remove, links, make: manifest.filter(({ path }) => !kept.has(path)), kept: files };
}

/**
 * The time that a directory of a release has while nobody changes what is in it. A day before it came: so nobody who
 * does can give it the same one, also where clocks disagree.
 */
export function builtAtSec(timeSec: number): number {
  return timeSec - 24 * 60 * 60;
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
