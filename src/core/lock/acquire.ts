import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CutoverError } from '../contract/index.ts';
import type { Engine, Fence, LockAttempt } from '../remote/engine.ts';
import type { Observation } from '../remote/observation.ts';
import { type Processes, systemProcesses } from './holder.ts';
import { lockedByHand, lockedByRun, type Standing, waitingFor } from './messages.ts';
import { type Owner, ownRecords } from './ownRecord.ts';
import { parseLockRecord } from './record.ts';
import { type ReleasedLock, releaseLocks } from './release.ts';
import { LEASE_SEC, type TakeOverRules, takeOverHeld } from './takeOver.ts';
import { takeTogether } from './together.ts';

export { type ReleasedLock, releaseLocks };

export interface Locks {
  readonly fences: ReadonlyMap<string, Fence>;
  readonly nonce: string;
  /** What each server was found to hold under its lock. */
  readonly seen: ReadonlyMap<string, Observation>;
}

export interface LockRequest extends Owner {
  readonly environment: string;
  /** Paths below `shared/` to look at. Default: none. */
  readonly sharedPaths?: readonly string[];
  /** They were tried for all at once just now, and one was held. */
  readonly inTurn?: boolean;
  /** Take over what is held by a run that is provably gone. Default: yes. */
  readonly takeOver?: boolean;
  /** The run that is gone on with is that of `release`: commands of its own that still work keep nobody out. */
  readonly resuming?: boolean;
  /** For how long to wait while a run holds one of them. Default: not at all. */
  readonly waitMs?: number;
  /** Told once: who is waited for. */
  readonly onWait?: (server: string, message: string) => void;
  /** Told when a lock was taken over: from whom, and why. */
  readonly onTakeOver?: (server: string, message: string) => void;
  /** Ends the waiting, also for a login: everything is given back. */
  readonly cancel?: AbortSignal;
  readonly time?: LockTime;
  readonly processes?: Processes;
  /** After how many seconds without a sign of life a lock may be taken over, by the server's clock. */
  readonly leaseSec?: number;
}

export interface LockTime {
  /** Monotonic. */
  readonly clockMs: () => number;
  /** Rejects when the signal fires. */
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

const DEADLINE_MS = 60_000;
const POLL_MS = 2_000;

export const systemTime: LockTime = {
  clockMs: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}),
};

/**
 * Takes the lock of every server, or of none: first all at once, and when one of them is held in the order of their
 * names, so that two deployers cannot each hold half. While one is waited for, those before it are given back.
 * Throws `E_LOCKED`, naming who holds it, `E_REFUSED`, naming two that are one place, and `E_INTERRUPTED` when the waiting was
 * ended.
 */
export async function acquireLocks(
  engines: ReadonlyMap<string, Engine>,
  request: LockRequest,
): Promise<Locks> {
  const { time = systemTime, processes = systemProcesses, cancel } = request;
  const nonce = randomBytes(8).toString('hex');
  if (engines.size > 1 && request.inTurn !== true) {
    const records = ownRecords(engines.keys(), request, nonce, { processes, together: true });
    const taken = await takeAtOnce(engines, records, request);
    if (taken !== null) return { ...taken, nonce };
  }
  const records = ownRecords(engines.keys(), request, nonce, { processes, together: false });
  const untilMs = time.clockMs() + (request.waitMs ?? 0);
  for (let round = 1; ; round++) {
    const outcome = await takeInTurn(engines, records, request, processes);
    if ('fences' in outcome) return { ...outcome, nonce };
    const { server, held, working } = outcome;
    const byHand = lockedByHand(server, request.environment, held);
    if (byHand !== null) throw byHand;
    const leftMs = untilMs - time.clockMs();
    if (leftMs <= 0) throw lockedByRun(outcome, request.environment, request.waitMs ?? 0);
    if (round === 1) request.onWait?.(server, waitingFor(held, working));
    await time.sleep(Math.min(POLL_MS, leftMs), cancel).catch(() => {});
    if (cancel?.aborted) throw interrupted(server);
  }
}

type Taken = Pick<Locks, 'fences' | 'seen'>;

/** Null when somebody holds one of them. */
async function takeAtOnce(
  engines: ReadonlyMap<string, Engine>,
  records: ReadonlyMap<string, string>,
  { cancel, sharedPaths = [] }: LockRequest,
): Promise<Taken | null> {
  const { fences, trials } = await takeTogether(engines, async (engine) => {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    await reach(engine, cancel, deadline);
    return engine.takeLock(records.get(engine.server)!, deadline, { sharedPaths });
  });
  const seen = new Map<string, Observation>();
  for (const [server, trial] of trials) {
    if (trial.status === 'rejected') throw trial.reason;
    seen.set(server, trial.value.seen);
  }
  return fences && { fences, seen };
}

/** One try. Unless every lock was taken, none is. */
async function takeInTurn(
  engines: ReadonlyMap<string, Engine>,
  records: ReadonlyMap<string, string>,
  request: LockRequest,
  processes: Processes,
): Promise<Taken | Standing> {
  const rules: TakeOverRules = {
    processes,
    ownPid: request.pid,
    resumes: request.resuming ? request.release : null,
    leaseSec: request.leaseSec ?? LEASE_SEC,
    sharedPaths: request.sharedPaths ?? [],
    onTakeOver: request.onTakeOver ?? (() => {}),
  };
  const fences = new Map<string, Fence>();
  const seen = new Map<string, Observation>();
  try {
    for (const server of [...engines.keys()].sort()) {
      const engine = engines.get(server)!;
      const record = records.get(server)!;
      const first = await takeOne(engine, record, request);
      requireAnotherPlace(server, first, records);
      const { attempt, working } =
        first.taken || request.takeOver === false
          ? { attempt: first, working: [] }
          : await takeOverHeld(engine, record, first, rules, AbortSignal.timeout(DEADLINE_MS));
      if (!attempt.taken) {
        await releaseLocks(engines, fences);
        return { server, held: attempt, working };
      }
      fences.set(server, attempt.fence);
      seen.set(server, attempt.seen);
    }
    return { fences, seen };
  } catch (error) {
    await releaseLocks(engines, fences);
    throw error;
  }
}

/** Two names, an alias or a link, may lead to one directory: then the lock that is in the way is this run's own. */
function requireAnotherPlace(
  server: string,
  attempt: LockAttempt,
  records: ReadonlyMap<string, string>,
): void {
  if (attempt.taken) return;
  const other = [...records].find(([, record]) => record === attempt.record)?.[0];
  if (other === undefined) return;
  throw new CutoverError(
    'E_REFUSED',
    `${other} and ${server} lead to the same place, ${attempt.seen.realPath}. Nothing was touched.`,
    { server, hint: 'Take one of them out of the configuration, or give it a path of its own.' },
  );
}

/** For how long somebody who tries for several may hold one of them without having got the others. */
const TRIAL_SEC = 5;
const TRIAL_POLL_MS = 250;

/** Who tries for several at once, and cannot get them, is about to give this one back: that is no holder yet. */
async function takeOne(engine: Engine, record: string, request: LockRequest): Promise<LockAttempt> {
  const { time = systemTime, cancel, sharedPaths = [] } = request;
  const untilMs = time.clockMs() + TRIAL_SEC * 1000;
  for (;;) {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    await reach(engine, cancel, deadline);
    const attempt = await engine.takeLock(record, deadline, { sharedPaths });
    if (!isOnTrial(attempt) || time.clockMs() >= untilMs) return attempt;
    await time.sleep(TRIAL_POLL_MS, cancel).catch(() => {});
  }
}

/** Until there is a connection nothing can be ours, so nobody waits any longer. Afterwards the answer has to be heard. */
async function reach(engine: Engine, cancel: AbortSignal | undefined, deadline: AbortSignal): Promise<void> {
  try {
    await engine.reach(cancel ? AbortSignal.any([cancel, deadline]) : deadline);
  } catch (error) {
    throw cancel?.aborted ? interrupted(engine.server) : error;
  }
  if (cancel?.aborted) throw interrupted(engine.server);
}

function isOnTrial(attempt: LockAttempt): boolean {
  if (attempt.taken || parseLockRecord(attempt.record)?.together !== true) return false;
  return (attempt.heldSec ?? 0) < TRIAL_SEC;
}

function interrupted(server: string): CutoverError {
  return new CutoverError('E_INTERRUPTED', `Interrupted at the lock of ${server}; nothing was touched.`, {
    server,
  });
}
