import type { Config } from '../config/types.ts';
import type { Journal } from '../journal/journal.ts';
import type { Plan } from '../plan/types.ts';
import type { Observation } from '../remote/observation.ts';
import type { SyncWork } from '../sync/syncWork.ts';
import type { Snapshot } from '../sync/types.ts';
import type { HeldLocks } from './heldLocks.ts';
import type { Hooks } from './hooks.ts';
import type { Group } from './openGroup.ts';
import type { Runtime } from './runtime.ts';

/** A plan about to be run, or gone on with, and all that it takes. */
export interface Transaction {
  readonly runtime: Runtime;
  readonly config: Config;
  readonly group: Group;
  readonly plan: Plan;
  readonly held: HeldLocks;
  /** What the servers were found to hold under the locks. */
  readonly seen: ReadonlyMap<string, Observation>;
  readonly work: ReadonlyMap<string, SyncWork>;
  /** Null when nothing is to be sent. */
  readonly snapshot: Snapshot | null;
  readonly hooks: Hooks;
  /** On this machine. Empty for a new transaction; what the servers' journals tell for one that is resumed. */
  readonly journal: Journal;
  /** Fires when somebody wants to stop. */
  readonly cancel: AbortSignal;
}
