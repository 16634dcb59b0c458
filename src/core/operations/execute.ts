import type { Config } from '../config/types.ts';
import { CutoverError } from '../contract/index.ts';
import { differences } from '../plan/compare.ts';
import type { Plan } from '../plan/types.ts';
import type { Observation } from '../remote/observation.ts';
import type { SyncWork } from '../sync/syncWork.ts';
import type { Snapshot } from '../sync/types.ts';
import type { HeldLocks } from './heldLocks.ts';
import type { Group } from './openGroup.ts';
import { refuseOpenTransaction } from './openTransaction.ts';
import type { TransactionResult } from './results.ts';
import type { Runtime } from './runtime.ts';
import { runUnderLocks } from './underLocks.ts';

/** A plan, and what it means for each deploy-cache, by the name of the server. */
export interface Decided {
  readonly plan: Plan;
  readonly work: ReadonlyMap<string, SyncWork>;
}

export interface Execution {
  readonly runtime: Runtime;
  readonly config: Config;
  readonly group: Group;
  readonly plan: Plan;
  /** Makes the plan again from what is seen under the lock: only when nothing moved is it run. */
  readonly replan: (seen: ReadonlyMap<string, Observation>) => Promise<Decided>;
  /** Null for a rollback. */
  readonly snapshot: Snapshot | null;
  /** For how long to wait while another run holds a lock; 0: not at all. */
  readonly lockWaitMs: number;
  /** They were tried for all at once just now, and one was held. */
  readonly inTurn?: boolean;
  /** The plan was made under these locks, and means this work. Default: they are taken now, and it is made again. */
  readonly decided?: { readonly held: HeldLocks; readonly work: Decided['work'] };
}

/**
 * Runs a plan that still holds once the locks are taken. Throws what `runUnderLocks` throws, and with nothing touched
 * `E_STALE` when something moved and `E_OPEN_TRANSACTION` when an earlier run was never ended.
 */
export async function execute(execution: Execution): Promise<TransactionResult> {
  const { plan, replan, runtime, decided } = execution;
  return runUnderLocks({
    ...execution,
    cancel: runtime.cancel,
    resuming: false,
    ...(decided ? { held: decided.held } : {}),
    async underLock(seen) {
      if (decided) return { seen, work: decided.work, past: null };
      refuseOpenTransaction(seen, plan.environment);
      const now = await replan(seen);
      const moved = differences(plan, now.plan);
      // The run that was in the way has brought exactly this.
      if (moved.length === 0 && plan.unchanged) return null;
      if (moved.length === 0) return { seen, work: now.work, past: null };
      throw new CutoverError('E_STALE', `The plan is stale; nothing was touched.\n${moved.join('\n')}`, {
        hint: `cutover plan ${plan.environment}`,
      });
    },
  });
}
