import type { LinkMode } from '../config/types.ts';
import type { CutoverError } from '../contract/index.ts';
import type { CacheKnowledge, SyncWork } from '../sync/syncWork.ts';
import type { Snapshot } from '../sync/types.ts';
import type { Verification } from '../sync/verification.ts';
import type { Mark, MarkName } from './marks.ts';
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

/** Ways to rename a link over another that a trial on the server proved. */
export type RenameMethod = 'mv' | 'perl' | 'python3';

/**
 * What is to be done to a deploy-cache. How its files get there is the engine's own matter: `packArchive`, in
 * `endingEarly`, makes one stream of them all.
 */
export interface SyncRequest {
  readonly release: string;
  /** `reuse`: files that need not be sent, if the server still has their contents where it is said. */
  readonly work: SyncWork;
  readonly snapshot: Pick<Snapshot, 'read' | 'range' | 'blocks'>;
  /** For every file that is put. */
  readonly modifiedAtSec: number;
  /** Programs that the server was seen to have: what is sent may be compressed for them. Default: none. */
  readonly tools?: ReadonlySet<string>;
  /** How much of `work.diff.bytes` has been sent. */
  readonly onProgress: (doneBytes: number) => void;
  /** Fires when somebody wants to stop. Rejects then with `E_INTERRUPTED`, the cache as it was, unless all was sent already. */
  readonly cancel: AbortSignal;
  /** An earlier life of the transaction has begun this. Default: none has. */
  readonly isAgain?: boolean;
}

export interface LinkRequest {
  readonly release: string;
  readonly sharedDirectories: readonly string[];
  readonly sharedFiles: readonly string[];
  /** How many files, links and directories the release must have before the shared paths are linked. */
  readonly entries: number;
  readonly mode: LinkMode;
  /** Rejects with `E_REFUSED` when inodes are to be shared and a cached file is not what was uploaded. */
  readonly verify: boolean;
  /** Commands will run in the release: what they write in place is looked for from here on. */
  readonly commandsFollow: boolean;
  /** Files that are copied whatever the mode. */
  readonly unshared: readonly string[];
  /** The line of the ledger that calls the release ready. */
  readonly ready: string;
}

/** What became of linking. */
export interface Linked {
  /** Why files were copied although they were to be linked, or null. */
  readonly copied: string | null;
  /** The release has inodes in common with the cache and other releases, or may have. */
  readonly shares: boolean;
}

/** A file of the deploy-cache that is not what was uploaded: somebody wrote to an inode that is shared with it. */
export interface Leak {
  readonly path: string;
  /** False when only its mode differs. */
  readonly content: boolean;
}

export interface RepairRequest {
  /** The release that keeps what was written. */
  readonly release: string;
  /** Other releases that shared the inode are mended too. */
  readonly otherReleases: boolean;
  /** An archive made by `packRepair`. */
  readonly archive: () => AsyncIterable<Uint8Array>;
}

export interface ActivateRequest {
  readonly release: string;
  /** The text that `current` must have now; null: there must be none. */
  readonly expected: string | null;
  /** What the trial in "prepare" proved; null: it is proved once more. */
  readonly method: RenameMethod | null;
  /** The line of the ledger that calls the release active; null for none. */
  readonly active: string | null;
}

/** A server where the switch is prepared. It waits for one message, and gives up when none comes. */
export interface Armed {
  /** Sends the message before it returns. Resolves and rejects as `activate`. */
  fire(signal: AbortSignal): Promise<Switched>;
  /** Nothing is to be switched any more. Resolves once nothing waits there. */
  disarm(): Promise<void>;
}

/** When the rename happened, by the clock that was given to `arm`: between these. */
export interface Switched {
  readonly earliestMs: number;
  readonly latestMs: number;
}

export interface RevertRequest {
  readonly release: string;
  /** The text that `current` gets back; null: the link is removed. */
  readonly previous: string | null;
  /** False when the link led nowhere already before the transaction. */
  readonly previousMustExist: boolean;
  /** The release was built by this transaction: it goes too. */
  readonly discard: boolean;
  /** The line of the ledger that tells of the failure; null for none. */
  readonly record: string | null;
  /** Uniquely names what is thrown away. */
  readonly nonce: string;
}

/** Ids of runs. */
export interface EndedCommands {
  readonly ended: readonly string[];
  /** Those that could not be ended. */
  readonly working: readonly string[];
}

export interface PruneRequest {
  readonly releases: readonly string[];
  /** Lines of the ledger to add before anything is removed. */
  readonly records: readonly string[];
  /** All lines of a shorter ledger that then replaces what is there, `records` included; null: it stays. */
  readonly ledger: readonly string[] | null;
  readonly nonce: string;
}

/** Somebody works in it or runs a program of it. */
export interface ReleaseInUse {
  readonly release: string;
  /** The number of the first such process. */
  readonly process: number;
  readonly name: string;
}

/** What became of a lock that was to be given back. */
export interface Released {
  readonly released: boolean;
  /** Why it is ours still, in the server's words. */
  readonly problem?: string;
  /** The text of `current` at the end. */
  readonly current: string | null;
}

export interface FinishRequest {
  /** Null: nothing is left to prune. */
  readonly prune: PruneRequest | null;
  /** The name under which the journal is put away, digits first: the same for one transaction. */
  readonly journal: string;
  /** The last line of that journal, behind what the fence tells it; null: it has all of them. */
  readonly closing: string | null;
}

export interface Finished extends Released {
  readonly inUse: readonly ReleaseInUse[];
  /** Why it was not pruned; null when it was. */
  readonly pruneFailure: CutoverError | null;
  /** Why the journal is open still; null when it is not. */
  readonly closeFailure: CutoverError | null;
}

export interface CommandRequest {
  /** Names the run on the server, the same one when it is asked for again: letters, digits, dashes, the release first. */
  readonly id: string;
  readonly run: string;
  /** What errors call it. Default: `run`. */
  readonly title?: string;
  readonly directory: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number | null;
  /** How long it may print nothing. */
  readonly idleTimeoutMs: number | null;
  readonly onLine: (stream: 'stdout' | 'stderr', line: string) => void;
  /** Null, or resolves once the lines so far were taken; until then no more are asked for. Default: null. */
  readonly catchUp?: () => Promise<void> | null;
}

/** Topmost paths below `shared/`. */
export interface SharedAdded {
  readonly added: readonly string[];
  /** They were there already. */
  readonly kept: readonly string[];
}

/**
 * Everything cutover does on a server. Each call is convergent: it may be run again after a crash or a lost
 * connection at any instruction and reaches the same state. Each rejects with `E_FENCED` when the lock is lost.
 */
export interface Engine {
  readonly server: string;
  readonly address: string;
  /** Changes nothing. */
  observe(sharedPaths: readonly string[], signal: AbortSignal): Promise<Observation>;
  /**
   * What the deploy-cache is said to hold, whole, and what an interrupted upload was about to commit; null where there
   * is no such thing or nobody can read it. Changes nothing.
   */
  manifest(signal: AbortSignal): Promise<CacheKnowledge>;
  /**
   * The content of a file below the deploy path, at most 1 MiB; null when nothing is there. `E_USAGE` for a path that leads
   * elsewhere by its name, `E_REMOTE` for what cannot be read. Changes nothing.
   */
  read(path: string, signal: AbortSignal): Promise<Uint8Array | null>;
  /**
   * Exclusive, also among twenty at once: the next generation is created, or somebody else's is reported. Makes the
   * deploy path where it is missing, and observes in the same round trip.
   */
  takeLock(record: string, signal: AbortSignal, options?: LockOptions): Promise<LockAttempt>;
  /** The same where a lock was taken before; elsewhere it only observes, and makes nothing. */
  tryLock(record: string, sharedPaths: readonly string[], signal: AbortSignal): Promise<LockTrial>;
  /** Tells the server that the holder of the lock is alive. */
  beat(fence: Fence, signal: AbortSignal): Promise<void>;
  /** Needs no lock, and replaces what is there. Makes the deploy path where it is missing. */
  setMark(name: MarkName, mark: Mark, signal: AbortSignal): Promise<void>;
  /** Needs no lock. Nothing needs to be there. */
  clearMark(name: MarkName, signal: AbortSignal): Promise<void>;
  /** Gives up exactly this generation, unless a higher one exists, and reads `current` once more. */
  releaseLock(generation: string, signal: AbortSignal): Promise<Released>;
  /** Makes the directories, sweeps what a dead run left, proves a way to rename: null where there is only one. */
  prepare(
    fence: Fence,
    signal: AbortSignal,
  ): Promise<{
    readonly method: RenameMethod | null;
    /** Names of what was thrown away before and could not be removed. Default: nothing. */
    readonly stays?: readonly string[];
  }>;
  sync(fence: Fence, request: SyncRequest, signal: AbortSignal): Promise<void>;
  link(fence: Fence, request: LinkRequest, signal: AbortSignal): Promise<Linked>;
  /**
   * The files of the cache that are not what was uploaded. Under a fence it is enough to look at what has changed since
   * that was last known. Changes nothing of what is deployed.
   */
  leaks(signal: AbortSignal, fence?: Fence): Promise<readonly Leak[]>;
  /**
   * Compares all of the cache with what was uploaded, contents too. Changes nothing. Rejects with `E_REFUSED` when nobody
   * knows any more what that was, and with `E_CAPABILITY` where it cannot be done.
   */
  verify(signal: AbortSignal): Promise<Verification>;
  /** Gives leaked files of the cache, and of the releases that shared them, what was uploaded. */
  repair(fence: Fence, request: RepairRequest, signal: AbortSignal): Promise<void>;
  /** Rejects with `E_STALE` when `current` is not what was expected. Resolves once the new text was read back. */
  activate(fence: Fence, request: ActivateRequest, signal: AbortSignal): Promise<void>;
  /**
   * Does all of `activate` but the rename itself, so that many servers can be switched within milliseconds. `clockMs`:
   * monotonic. Rejects as `activate`. Absent where it cannot be done.
   */
  readonly arm?: (
    fence: Fence,
    request: ActivateRequest & { readonly clockMs: () => number },
    signal: AbortSignal,
  ) => Promise<Armed>;
  /**
   * Ends what still works of a release's commands, and confirms it dead: nobody may have been able to before. Those
   * of the release that a compensation brings back go on.
   */
  endCommands(fence: Fence, release: string, signal: AbortSignal): Promise<EndedCommands>;
  /** Relinks, reads back, then removes. Gives the text of `current` read back at the end. */
  revert(
    fence: Fence,
    request: RevertRequest,
    signal: AbortSignal,
  ): Promise<{ readonly current: string | null }>;
  /** Gives those that stay because a process uses them, as far as the user may see. */
  prune(
    fence: Fence,
    request: PruneRequest,
    signal: AbortSignal,
  ): Promise<{ readonly inUse: readonly ReleaseInUse[] }>;
  /** Only writes what the fence's journal has to say. */
  note(fence: Fence, signal: AbortSignal): Promise<void>;
  /**
   * The end of a transaction in one round trip: prunes, puts the journal of the open transaction away, and gives the
   * lock back. A part that fails keeps none behind it from being done.
   */
  finish(fence: Fence, request: FinishRequest, signal: AbortSignal): Promise<Finished>;
  /**
   * Runs a command of the user's, or attaches to the run of this id that was begun before; rejects with `E_COMMAND`,
   * `E_TIMEOUT` or `E_UNKNOWN`. Its output comes as one stream. `E_CAPABILITY` where none can be run.
   */
  command(fence: Fence, request: CommandRequest, signal: AbortSignal): Promise<void>;
  /** Writes `shared/` as an archive into a new file of this machine. `E_CAPABILITY` where no commands can be run. */
  packShared(file: string, signal: AbortSignal): Promise<void>;
  /** Adds what is in such an archive to `shared/`, and changes nothing that is there. `E_CAPABILITY` as above. */
  addShared(file: string, signal: AbortSignal): Promise<SharedAdded>;
  close(): Promise<void>;
}
