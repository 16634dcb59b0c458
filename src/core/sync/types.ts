import type { TreeChanges } from './changes.ts';
import type { BlockList } from './knownBlocks.ts';

/** One file, directory or link of a tree. */
export interface ManifestEntry {
  /** Relative, `/` between names, no leading or trailing slash, valid UTF-8, no control characters. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'link';
  /** 0o644 or 0o755 for files (only the executable bit of the source counts), 0o755 for directories, 0o777 for links. */
  readonly mode: number;
  /** Of the content; of the target text for links; 0 for directories. */
  readonly sizeBytes: number;
  /** sha256, hex, of the content, or of the target text for links; empty for directories. */
  readonly hash: string;
  /** Only of links: the text of the link. */
  readonly target?: string;
}

/** Every directory, file and link of a tree, sorted by the bytes of the path, so parents come before children. */
export type Manifest = readonly ManifestEntry[];

/** What the server holds: a manifest whose files also have the time that was set on them, for a cheap scan. */
export interface CachedEntry extends ManifestEntry {
  readonly modifiedAtSec: number;
}
export type CachedManifest = readonly CachedEntry[];

export type Operation = 'add' | 'update' | 'remove';

/**
 * `bytes` is what will be sent at the most: 0 for removals, directories, links, and files whose content the server
 * holds already; of a large file that is there in an older version less is sent than this.
 */
export interface FileChange {
  readonly op: Operation;
  readonly path: string;
  readonly bytes: number;
}

/** One state of a source, fixed: reading it again gives the same, or fails with `E_SOURCE`. */
export interface Snapshot {
  /** The commit for git; `sha256:…` of the manifest for a directory. */
  readonly revision: string;
  /** Null for a directory, and for a commit reached by its hash. */
  readonly branch: string | null;
  /** First line of the commit's message. */
  readonly message: string | null;
  /** `Name <mail>` of the commit. */
  readonly author: string | null;
  /** Names the tree, one line: two snapshots of the same name are the same tree. */
  readonly state: string;
  /** All of it. Rejects with `E_REFUSED` when it holds things that cannot be deployed. */
  manifest(signal: AbortSignal): Promise<Manifest>;
  /**
   * What turns the tree of that name into this one, in the cost of the change; null when only whole manifests can tell.
   * Rejects as `manifest`, about what the change brings.
   */
  changesSince(state: string, signal: AbortSignal): Promise<TreeChanges | null>;
  /** What stands at these paths; nothing for those that are not there. */
  kindsOf(paths: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, ManifestEntry['kind']>>;
  /**
   * The contents of these files, in this order. Whatever is read is compared with the manifest's hash and size;
   * a difference throws `E_SOURCE` naming the path. One file is held in memory only up to its chunks.
   */
  read(entries: readonly ManifestEntry[], signal: AbortSignal): AsyncIterable<FileContent>;
  /** So many bytes from there on, compared with nothing. Left out: files are only read from their start. */
  range?(entry: ManifestEntry, range: ByteRange, signal: AbortSignal): Promise<Uint8Array>;
  /**
   * The blocks of a large content of this or an earlier state, by its sha256, or as `TreeChanges.older` names it; null
   * when nobody knows any more. Left out: nothing is known.
   */
  blocks?(content: string, signal: AbortSignal): Promise<BlockList | null>;
}

export interface ByteRange {
  readonly start: number;
  readonly sizeBytes: number;
}

export interface FileContent {
  readonly entry: ManifestEntry;
  /** Must be drained before the next file is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
}
