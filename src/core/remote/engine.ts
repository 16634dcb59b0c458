import type { CacheKnowledge } from '../sync/syncWork.ts';
import type { Verification } from '../sync/verification.ts';
import type { Fence, LockAttempt, LockOptions, LockTrial, Released } from './fence.ts';
import type { Mark, MarkName } from './marks.ts';
import type { Observation } from './observation.ts';
import type {
  ActivateRequest,
  Armed,
  CommandRequest,
  EndedCommands,
  Finished,
  FinishRequest,
  Leak,
  Linked,
  LinkRequest,
  PruneRequest,
  ReleaseInUse,
  RenameMethod,
  RepairRequest,
  RevertRequest,
  SharedAdded,
  SyncRequest,
} from './requests.ts';

export type * from './fence.ts';
export type * from './requests.ts';

/**
 * Everything cutover does on a server. Each call is convergent: it may be run again after a crash or a lost
 * connection at any instruction and reaches the same state. Each rejects with `E_FENCED` when the lock is lost.
 */
export interface Engine {
  readonly server: string;
  readonly address: string;
  /** Logs in, where that was not done yet: until it resolves nothing is asked of the server. */
  reach(signal: AbortSignal): Promise<void>;
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
