import type { EnvironmentConfig } from '../config/types.ts';
import type { Json, StepName } from '../contract/index.ts';
import type { NewPassing } from '../journal/events.ts';
import type { Plan, ServerPlan } from '../plan/types.ts';
import type { Armed, Engine, Fence, PruneRequest, ReleaseInUse } from '../remote/engine.ts';
import type { Observation } from '../remote/observation.ts';
import type { SyncWork } from '../sync/syncWork.ts';
import type { Snapshot } from '../sync/types.ts';

/** All that a step on one server may use. */
export interface StepContext {
  readonly plan: Plan;
  readonly server: ServerPlan;
  readonly serverIndex: number;
  readonly environment: EnvironmentConfig;
  readonly engine: Engine;
  readonly fence: Fence;
  /**
   * Prunes as the last thing that this transaction does there; null where something comes behind it. Rejects when the
   * releases were not removed.
   */
  readonly pruneLast: ((request: PruneRequest) => Promise<readonly ReleaseInUse[]>) | null;
  /** The switch is prepared, and waits for its message; null: it is done in one go. */
  readonly armed: Armed | null;
  /** What the server was found to hold under the lock. */
  readonly seen: Observation;
  /** Null for a rollback, which sends nothing. */
  readonly upload: { readonly work: SyncWork; readonly snapshot: Snapshot } | null;
  /** `user@host` of who deploys. */
  readonly by: string;
  /** Fires when somebody wants to stop: uploads and commands end early. Short scripts are let finish. */
  readonly cancel: AbortSignal;
  readonly emit: (event: NewPassing) => void;
  /** Null, or resolves once what was emitted was taken. */
  readonly catchUp: () => Promise<void> | null;
  readonly problem: (message: string) => Promise<void>;
  readonly now: () => Date;
  /** Monotonic, in milliseconds. */
  readonly clockMs: () => number;
  /** What that clock began at, in milliseconds since 1970: the same for all servers. */
  readonly clockBeginMs: number;
  /** What an earlier step on this server gave, also in an earlier life; null when it has not run. */
  readonly outputOf: (step: StepName) => Json;
  readonly hasBegun: (step: StepName) => boolean;
  readonly hasFailed: (step: StepName) => boolean;
  /** Programs of a hook may be at work there. */
  readonly hooksMayBeAtWork: boolean;
  /** An earlier life of this transaction has begun it too. */
  readonly isAgain: (step: StepName) => boolean;
}

/** Convergent: running it again after a crash, at any point, reaches the same state. Gives what the journal keeps. */
export type Step = (context: StepContext) => Promise<Json>;

const SCRIPT_DEADLINE_MS = 2 * 60_000;
const LONG_SCRIPT_DEADLINE_MS = 60 * 60_000;

/** For scripts whose work does not grow with the site. */
export function shortly(): AbortSignal {
  return AbortSignal.timeout(SCRIPT_DEADLINE_MS);
}

/** For scripts that walk a whole tree. */
export function patiently(): AbortSignal {
  return AbortSignal.timeout(LONG_SCRIPT_DEADLINE_MS);
}
