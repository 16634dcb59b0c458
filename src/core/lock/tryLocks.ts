import { randomBytes } from 'node:crypto';
import type { Engine, LockTrial } from '../remote/engine.ts';
import type { Observation } from '../remote/observation.ts';
import type { Locks } from './acquire.ts';
import { systemProcesses } from './holder.ts';
import { type Owner, ownRecords } from './ownRecord.ts';
import { RELEASED } from './record.ts';
import { takeTogether } from './together.ts';

export interface TrialRequest extends Owner {
  readonly sharedPaths: readonly string[];
  /** Of those that wait for it, only some are asked at once. */
  readonly limit: <T>(ask: () => Promise<T>) => Promise<T>;
  /** Once it has fired nobody is asked any more who was not asked yet, and no login is waited for. */
  readonly unwanted: AbortSignal;
}

export interface TriedLocks {
  /** Null: none is ours. */
  readonly locks: Locks | null;
  /** What was seen on each server, or why it was not, by its name. */
  readonly looks: ReadonlyMap<string, PromiseSettledResult<Observation>>;
  /** Somebody holds one of them. */
  readonly isContended: boolean;
}

const DEADLINE_MS = 5 * 60_000;
const ANSWER_MS = 10_000;

/**
 * Looks at all servers, and locks them in the same round trip, where that makes nothing new and nobody holds a lock:
 * all of them, or none. Never waits, takes nothing over and rejects for nothing.
 */
export async function tryLocks(
  engines: ReadonlyMap<string, Engine>,
  { sharedPaths, limit, unwanted, ...owner }: TrialRequest,
): Promise<TriedLocks> {
  const nonce = randomBytes(8).toString('hex');
  const together = engines.size > 1;
  const records = ownRecords(engines.keys(), owner, nonce, { processes: systemProcesses, together });
  const { fences, trials } = await takeTogether(engines, (engine, isWanted) =>
    limit(async (): Promise<LockTrial> => {
      const deadline = AbortSignal.timeout(DEADLINE_MS);
      await engine.reach(AbortSignal.any([unwanted, deadline]));
      unwanted.throwIfAborted();
      const signal = AbortSignal.any([deadline, lateAfter(unwanted)]);
      if (isWanted()) return engine.tryLock(records.get(engine.server)!, sharedPaths, signal);
      const seen = await engine.observe(sharedPaths, AbortSignal.any([unwanted, signal]));
      return { taken: false, generation: null, seen };
    }),
  );
  const looks = new Map([...trials].map(([server, trial]) => [server, lookOf(trial, fences !== null)]));
  return {
    locks: fences && { fences, nonce, seen: seenIn(looks) },
    looks,
    isContended: [...trials.values()].some(isHeld),
  };
}

/** A script that was sent is let answer, so that it is known whether a lock is ours; not for ever, though. */
function lateAfter(unwanted: AbortSignal): AbortSignal {
  const late = new AbortController();
  const wait = () => {
    const over = AbortSignal.timeout(ANSWER_MS);
    over.addEventListener('abort', () => late.abort(over.reason), { once: true });
  };
  unwanted.addEventListener('abort', wait, { once: true });
  return late.signal;
}

/** A lock that was given back again is nobody's. */
function lookOf(trial: PromiseSettledResult<LockTrial>, isOurs: boolean): PromiseSettledResult<Observation> {
  if (trial.status === 'rejected') return trial;
  const { seen, taken } = trial.value;
  if (isOurs || !taken) return { status: 'fulfilled', value: seen };
  const lock = { ...seen.lock, record: RELEASED, heldSec: null, beatAgeSec: null };
  return { status: 'fulfilled', value: { ...seen, lock } };
}

function seenIn(looks: TriedLocks['looks']): Locks['seen'] {
  return new Map(
    [...looks].flatMap(([server, look]) => (look.status === 'fulfilled' ? [[server, look.value]] : [])),
  );
}

function isHeld(trial: PromiseSettledResult<LockTrial>): boolean {
  return trial.status === 'fulfilled' && !trial.value.taken && trial.value.generation !== null;
}
