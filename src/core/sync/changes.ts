import type { HeldFile } from './reuse.ts';
import type { ManifestEntry } from './types.ts';

/** What turns one tree into another. */
export interface TreeChanges {
  /**
   * Entries that are new or differ, in canonical order; directories too. `was`: what stood at this path in the old
   * tree, or null.
   */
  readonly put: readonly { readonly entry: ManifestEntry; readonly was: ManifestEntry['kind'] | null }[];
  /**
   * Paths that are gone, in canonical order, with what stood there; all below a directory that vanished too. A path
   * whose kind changed is in `put` only.
   */
  readonly gone: readonly { readonly path: string; readonly kind: ManifestEntry['kind'] }[];
  /** Directories of the old tree above anything in `put` or `gone`, in canonical order. */
  readonly above: readonly string[];
  /** Files of the old tree that `put` or `gone` name, of which it is known that something in `put` has their content. */
  readonly held: readonly HeldFile[];
  /** Which contents, as `Snapshot.blocks` knows them, large files in `put` had in the old tree, by path. Default: unknown. */
  readonly older?: ReadonlyMap<string, string>;
  /** How much more the files hold in all, in bytes. */
  readonly bytesDelta: number;
}
