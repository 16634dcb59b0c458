import { join } from 'node:path';
import type { Config } from '../config/types.ts';
import { CutoverError } from '../contract/index.ts';
import { openFileJournal } from '../journal/fileJournal.ts';
import type { Journal } from '../journal/journal.ts';
import { watchedJournal } from '../journal/watched.ts';
import { type ReleasedLock, releaseLocks } from '../lock/acquire.ts';
import { differences } from '../plan/compare.ts';
import type { Plan } from '../plan/types.ts';
import type { Observation } from '../remote/observation.ts';
import type { SyncWork } from '../sync/syncWork.ts';
import type { Snapshot } from '../sync/types.ts';
import { keepGroupLocks, lockGroup } from './groupLocks.ts';
import { createHooks } from './hooks.ts';
import { journalLost, journalRefused } from './journalErrors.ts';
import { openNotices } from './notices.ts';
import { type Group, observeGroup } from './openGroup.ts';
import { resultOf } from './result.ts';
import type { TransactionResult } from './results.ts';
import type { Runtime } from './runtime.ts';
import { transact } from './transact.ts';

export interface Execution {
  readonly runtime: Runtime;
  readonly config: Config;
  readonly group: Group;
  readonly plan: Plan;
  /** Makes the plan again from what is seen under the lock: only when nothing moved is it run. */
  readonly replan: (seen: ReadonlyMap<string, Observation>) => {
    readonly plan: Plan;
    readonly work: ReadonlyMap<string, SyncWork>;
  };
  /** Null for a rollback. */
  readonly snapshot: Snapshot | null;
  /** For how long to wait while another run holds a lock; 0: not at all. */
  readonly lockWaitMs: number;
}

/**
 * Takes the locks, makes sure that the plan still holds, runs it as one transaction, and tells what the servers
 * serve. The locks are given back on every way out.
 * Throws `E_REFUSED` (no journal), `E_LOCKED` and `E_STALE` with nothing touched, and `E_STRANDED` when the journal
 * cannot be written any more; whatever else happens is in the result.
 */
export async function execute(execution: Execution): Promise<TransactionResult> {
  const { runtime, config, group, plan } = execution;
  const hooks = await createHooks(runtime, config, group.environment);
  const notices = await openNotices(runtime, config, group.environment, plan);
  const journal = await openJournal(runtime, plan);
  try {
    const locks = await lockGroup(runtime, group, {
      release: plan.release,
      waitMs: execution.lockWaitMs,
      message: null,
    });
    const keeping = keepGroupLocks(runtime, group, locks, journal);
    let released: readonly ReleasedLock[] | null = null;
    try {
      const { seen, work } = await underLock(execution);
      await journal.append({ type: 'opened', plan, by: runtime.by });
      notices.started();
      const { snapshot } = execution;
      const { cancel } = runtime;
      await transact({ runtime, group, plan, locks, seen, work, snapshot, hooks, journal, cancel }).catch(
        async (error: unknown) => {
          await keeping.stop();
          released = await releaseLocks(group.engines, locks.fences);
          throw journalLost(plan, error, released);
        },
      );
      await keeping.stop();
      released = await releaseLocks(group.engines, locks.fences);
    } finally {
      await keeping.stop();
      released ??= await releaseLocks(group.engines, locks.fences);
    }
    const result = resultOf(plan, journal.facts(), released);
    const problems = await notices.ended(result);
    return { ...result, problems: [...result.problems, ...problems] };
  } finally {
    await journal.close();
  }
}

async function openJournal(runtime: Runtime, plan: Plan): Promise<Journal & { close(): Promise<void> }> {
  const directory = join(runtime.stateDirectory, 'journals', `${plan.application}-${plan.environment}`);
  const path = join(directory, `${plan.release}-${plan.kind}-${runtime.now().getTime()}.jsonl`);
  const file = await openFileJournal(path, runtime.now).catch((error: unknown) => {
    throw journalRefused(path, error);
  });
  return { ...watchedJournal(file, runtime.emit), close: () => file.close() };
}

/** What is seen now, under the lock, must lead to the very same plan. */
async function underLock(execution: Execution) {
  const { runtime, group, plan } = execution;
  const seen = await observeGroup(group, runtime.cancel);
  const now = execution.replan(seen);
  const moved = differences(plan, now.plan);
  if (moved.length > 0) {
    throw new CutoverError('E_STALE', `The plan is stale; nothing was touched.\n${moved.join('\n')}`, {
      hint: `cutover plan ${plan.environment}`,
    });
  }
  return { seen, work: now.work };
}
