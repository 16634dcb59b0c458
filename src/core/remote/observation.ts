import type { LedgerEntry } from '../release/ledger.ts';
import type { CacheHead } from '../sync/cacheHead.ts';
import type { Mark } from './marks.ts';

/** What a server was found to hold, in one look that changes nothing. */
export interface Observation {
  /** Absolute deploy path, `~/` resolved. */
  readonly path: string;
  /** The same with every link resolved, as far as it exists. */
  readonly realPath: string;
  readonly exists: boolean;
  readonly user: string;
  /** May the user create entries in the deploy path (or, where it is missing, in its nearest parent)? */
  readonly writable: boolean;
  readonly current: CurrentLink;
  /** Directories of `releases/`, sorted. */
  readonly releases: readonly string[];
  /** Which of cutover's directories are links, or not directories at all. */
  readonly misplaced: readonly string[];
  readonly ledger: readonly LedgerEntry[];
  /** sha256 of the ledger's text. */
  readonly ledgerHash: string;
  readonly cache: ObservedCache;
  readonly lock: LockSeen;
  /** What people have marked the server with, also where its time is over (`markInForce`). */
  readonly paused: Mark | null;
  readonly frozen: Mark | null;
  /** The text of the journal of a transaction that is open here; null when none is. */
  readonly journal: string | null;
  /** The ids of the user's commands that are still at work, whoever started them. */
  readonly running: readonly string[];
  /** What stands at each shared path that was asked for. */
  readonly shared: Readonly<Record<string, PathKind>>;
  readonly tools: ReadonlySet<string>;
  /** For the user, on the file system of the deploy path; null when the server could not say. */
  readonly freeBytes: number | null;
  readonly freeInodes: number | null;
  /** The server's clock. */
  readonly clock: Date | null;
  /** Why no commands can be run there. Absent where they can. */
  readonly noCommands?: string;
}

export type PathKind = 'absent' | 'file' | 'directory' | 'link' | 'other';

export type CurrentLink =
  | { readonly kind: 'absent' }
  /** `release`: the name below `releases/` it leads to, null when it leads elsewhere. */
  | {
      readonly kind: 'link';
      readonly text: string;
      readonly release: string | null;
      readonly dangling: boolean;
    }
  | { readonly kind: 'directory' | 'other' };

export interface ObservedCache {
  /** Null when nothing was ever committed, or nobody can read it. */
  readonly head: CacheHead | null;
  /** sha256 of what was read, to tell whether it is still the same; null when nothing was ever committed. */
  readonly hash: string | null;
  /** An upload was interrupted: where what it was about to commit differs nobody knows what the cache holds. */
  readonly pending: boolean;
}

/** The highest generation of the lock. */
export interface LockSeen {
  /** `g-000123`; null when nobody ever locked. */
  readonly generation: string | null;
  /** The text of that link: the owner's record, or `released`. */
  readonly record: string | null;
  /** For how long it has been held, by the server's clock; null when nobody knows. */
  readonly heldSec: number | null;
  /** Since when its holder was not heard of, by the server's clock; null when nobody knows. */
  readonly beatAgeSec: number | null;
}
