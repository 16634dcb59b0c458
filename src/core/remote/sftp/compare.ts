import type { SftpStat } from '../../contract/index.ts';
import { comparePaths } from '../../sync/order.ts';
import type { CachedEntry, CachedManifest } from '../../sync/types.ts';
import type { Leak } from '../engine.ts';

/** How a tree differs from a manifest, by what `walk` saw of it. */
export interface Difference {
  /** Entries that one of the two lacks, or that are of another kind. */
  readonly strange: readonly string[];
  /** Files that are there and not what was uploaded. */
  readonly leaks: readonly Leak[];
}

/** Pure. Times are in whole seconds over SFTP: a write of the same size in the second of the upload is not seen. */
export function compare(tree: ReadonlyMap<string, SftpStat>, manifest: CachedManifest): Difference {
  const strange: string[] = [];
  const leaks: Leak[] = [];
  for (const entry of manifest) {
    const stat = tree.get(entry.path);
    if (stat?.kind !== entry.kind) strange.push(entry.path);
    else if (entry.kind === 'file' && !isAsUploaded(stat, entry)) leaks.push(leakOf(stat, entry));
  }
  if (tree.size > manifest.length - strange.length) {
    const wanted = new Set(manifest.map(({ path }) => path));
    for (const path of tree.keys()) if (!wanted.has(path)) strange.push(path);
  }
  return { strange, leaks: leaks.sort((one, other) => comparePaths(one.path, other.path)) };
}

export function isAsUploaded(stat: SftpStat, entry: CachedEntry): boolean {
  return (
    stat.kind === 'file' &&
    stat.sizeBytes === entry.sizeBytes &&
    stat.modifiedAtSec === entry.modifiedAtSec &&
    stat.mode === entry.mode
  );
}

/** A file that its owner cannot read any more cannot be copied on the server either. */
function leakOf(stat: SftpStat, entry: CachedEntry): Leak {
  const isMode = isAsUploaded({ ...stat, mode: entry.mode }, entry) && (stat.mode & 0o400) !== 0;
  return { path: entry.path, content: !isMode };
}
