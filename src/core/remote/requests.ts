import type { LinkMode } from '../config/types.ts';
import type { CutoverError } from '../contract/index.ts';
import type { SyncWork } from '../sync/syncWork.ts';
import type { Snapshot } from '../sync/types.ts';
import type { Released } from './fence.ts';

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
  /** It was begun before, by another life of the transaction. Called before `onLine`. Default: nobody hears of it. */
  readonly onAttached?: () => void;
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
