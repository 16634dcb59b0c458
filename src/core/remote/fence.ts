import type { Observation } from './observation.ts';

/** The lock generation that is ours; every call that changes anything proves that it is still the highest. */
export interface Fence {
  /** `g-000123` */
  readonly generation: string;
  readonly record: string;
  /** What the server's own journal is told in the same round trip; absent where nothing is journaled. */
  readonly journal?: FenceJournal;
}

/** Lines for the journal of the transaction that is open on the server. */
export interface FenceJournal {
  /** Lines the server has not got yet: on disk there before the script changes anything. */
  lines(): readonly string[];
  /** They are on the server now. */
  delivered(lines: readonly string[]): void;
  /** The line that says that the script has done its work, written when it has; null for none. */
  readonly after: string | null;
  /** False where a full disk must not stop the work, because the work is what frees it. */
  readonly required: boolean;
}

/** What came of an attempt at the lock, and what was seen right after it: under the lock when it was taken. */
export type LockAttempt =
  | { readonly taken: true; readonly fence: Fence; readonly seen: Observation }
  | {
      readonly taken: false;
      readonly generation: string;
      readonly record: string;
      /** As in `LockSeen`. */
      readonly heldSec: number | null;
      readonly beatAgeSec: number | null;
      readonly seen: Observation;
    };

export type LockTrial =
  | LockAttempt
  /** Nobody ever locked there, or no lock can be made. */
  | { readonly taken: false; readonly generation: null; readonly seen: Observation };

export interface LockOptions {
  /** Default: nobody's. */
  readonly over?: TakeOver | null;
  /** As for `observe`. Default: none. */
  readonly sharedPaths?: readonly string[];
}

/** A lock that may be taken although somebody holds it. */
export interface TakeOver {
  /** This very generation. */
  readonly generation: string;
  /** Only when its holder was not heard of for so long by the server's clock; null: the holder is known to be gone. */
  readonly silentSec: number | null;
}

/** What became of a lock that was to be given back. */
export interface Released {
  readonly released: boolean;
  /** Why it is ours still, in the server's words. */
  readonly problem?: string;
  /** The text of `current` at the end. */
  readonly current: string | null;
}
