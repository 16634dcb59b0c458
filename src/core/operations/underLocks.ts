import { join } from 'node:path';
import type { Config } from '../config/types.ts';
import { CutoverError } from '../contract/index.ts';
import type { Fact } from '../journal/facts.ts';
import { openFileJournal } from '../journal/fileJournal.ts';
import type { Journal } from '../journal/journal.ts';
import { redactedJournal } from '../journal/redacted.ts';
import { watchedJournal } from '../journal/watched.ts';
import type { Locks } from '../lock/acquire.ts';
import type { Plan } from '../plan/types.ts';
import type { Observation } from '../remote/observation.ts';
import type { SyncWork } from '../sync/syncWork.ts';
import type { Snapshot } from '../sync/types.ts';
import { lockGroup } from './groupLocks.ts';
import { type HeldLocks, holdLocks } from './heldLocks.ts';
import { createHooks } from './hooks.ts';
import { journalLost, journalRefused } from './journalErrors.ts';
import { openNotices } from './notices.ts';
import { type Group, requireUncancelled } from './openGroup.ts';
import { resultOf, unchangedResult } from './result.ts';
import type { TransactionResult } from './results.ts';
import { emitNow, type Runtime } from './runtime.ts';
import { transact } from './transact.ts';

/** What was found, and settled, once nobody else could change it. */
export interface Settled {
  readonly seen: ReadonlyMap<string, Observation>;
  readonly work: ReadonlyMap<string, SyncWork>;
  /** What earlier lives of the transaction wrote down, the opening first; null: it is opened now. */
  readonly past: readonly Fact[] | null;
}

export interface LockedRun {
  readonly runtime: Runtime;
  readonly config: Config;
  readonly group: Group;
  readonly plan: Plan;
  /** Null when nothing is to be sent. */
  readonly snapshot: Snapshot | null;
  readonly cancel: AbortSignal;
  /** For how long to wait while another run holds a lock; 0: not at all. */
  readonly lockWaitMs: number;
  /** The dead run whose locks are in the way is the one that is gone on with. */
  readonly resuming: boolean;
  /** It is resumed to be taken back. Default: it is not. */
  readonly abort?: boolean;
  /** The locks, where they were taken already. Default: they are taken now. */
  readonly held?: HeldLocks;
  /** They were tried for all at once just now, and one was held. */
  readonly inTurn?: boolean;
  /** Last look before anything is touched. Throws when it must not be; null: there is nothing to do any more. */
  readonly underLock: (seen: ReadonlyMap<string, Observation>) => Promise<Settled | null>;
}

/**
 * Takes the locks and looks once more in the same round trip, runs the plan as one transaction, and tells what the servers serve. The locks are
 * given back on every way out.
 * Throws `E_REFUSED` (no journal), `E_LOCKED` and what `underLock` throws with nothing touched, and `E_STRANDED` when
 * the journal cannot be written any more; whatever else happens is in the result.
 */
export async function runUnderLocks(run: LockedRun): Promise<TransactionResult> {
  const { runtime, config, group, plan, snapshot, cancel } = run;
  const hooks = await createHooks(runtime, config, group.environment);
  const notices = await openNotices(runtime, config, group.environment, plan);
  const file = await openJournal(runtime, plan);
  try {
    const held = run.held ?? holdLocks(runtime, group, await takeLocks(run));
    let past: readonly Fact[] = [];
    const journal: Journal = { facts: () => [...past, ...file.facts()], append: (fact) => file.append(fact) };
    held.writeTo(journal);
    try {
      requireUncancelled(runtime.cancel);
      const settled = await run.underLock(held.locks.seen);
      if (settled === null) return unchangedResult(plan);
      if (settled.past === null) await journal.append({ type: 'opened', plan, by: runtime.by });
      else past = settled.past;
      tellResumed(runtime, past, run.abort ?? false);
      notices.started({
        ...openingIn(journal.facts()),
        isResumed: settled.past !== null,
        seen: settled.seen,
      });
      const transaction = {
        runtime,
        config,
        group,
        plan,
        held,
        ...settled,
        snapshot,
        hooks,
        journal,
        cancel,
      };
      await transact(transaction).catch(async (error: unknown) => {
        const released = await held.release();
        const lost = journalLost(plan, error, released);
        const result = { ...resultOf(plan, journal.facts(), released), outcome: 'stranded' as const };
        await tellProblems(runtime, notices.ended({ ...result, failure: lost.message }));
        throw lost;
      });
    } finally {
      await held.release();
    }
    const result = resultOf(plan, journal.facts(), await held.release());
    const problems = await notices.ended(result);
    return { ...result, problems: [...result.problems, ...problems] };
  } finally {
    await file.close();
  }
}

function openingIn(facts: readonly Fact[]): { readonly at: string } {
  const opened = facts.find((fact) => fact.type === 'opened');
  if (opened === undefined) throw new CutoverError('E_BUG', 'The transaction was never opened.');
  return opened;
}

/** Where there is no result that could list them. */
async function tellProblems(runtime: Runtime, problems: Promise<readonly string[]>): Promise<void> {
  for (const message of await problems) emitNow(runtime, { type: 'log', server: null, message });
}

function tellResumed(runtime: Runtime, past: readonly Fact[], abort: boolean): void {
  for (const fact of past) {
    if (fact.type === 'opened') emitNow(runtime, { type: 'resumed', plan: fact.plan, by: fact.by, abort });
  }
}

function takeLocks({
  runtime,
  group,
  plan,
  lockWaitMs,
  resuming,
  inTurn = false,
}: LockedRun): Promise<Locks> {
  const request = { release: plan.release, waitMs: lockWaitMs, message: null, resuming, inTurn };
  return lockGroup(runtime, group, request);
}

async function openJournal(runtime: Runtime, plan: Plan): Promise<Journal & { close(): Promise<void> }> {
  const directory = join(runtime.stateDirectory, 'journals', `${plan.application}-${plan.environment}`);
  const path = join(directory, `${plan.release}-${plan.kind}-${runtime.now().getTime()}.jsonl`);
  const file = await openFileJournal(path, runtime.now).catch((error: unknown) => {
    throw journalRefused(path, error);
  });
  return {
    ...watchedJournal(redactedJournal(file, runtime.redact), runtime.emit),
    close: () => file.close(),
  };
}
