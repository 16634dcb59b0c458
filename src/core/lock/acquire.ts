import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CutoverError } from '../contract/index.ts';
import type { Engine, Fence } from '../remote/engine.ts';
import { type Processes, processMark, systemProcesses } from './holder.ts';
import { lockedByHand, lockedByRun, type Standing, waitingFor } from './messages.ts';
import { formatLockRecord } from './record.ts';
import { type ReleasedLock, releaseLocks } from './release.ts';
import { LEASE_SEC, type TakeOverRules, takeOverHeld } from './takeOver.ts';

export { type ReleasedLock, releaseLocks };

export interface Locks {
  readonly fences: ReadonlyMap<string, Fence>;
  readonly nonce: string;
}

export interface LockRequest {
  readonly by: string;
  readonly pid: number;
  readonly since: Date;
  readonly release: string | null;
  readonly environment: string;
  /** Why a person locks by hand. Default: it is a run that locks. */
  readonly message?: string | null;
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
  /** Ends the waiting: everything is given back. */
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
 * Takes the lock of every server, in the order of their names, so that two deployers cannot each hold half; or of
 * none: while one is waited for, those before it are given back.
 * Throws `E_LOCKED`, naming who holds it, and `E_INTERRUPTED` when the waiting was ended.
 */
export async function acquireLocks(
  engines: ReadonlyMap<string, Engine>,
  request: LockRequest,
): Promise<Locks> {
  const { time = systemTime, processes = systemProcesses, cancel } = request;
  const nonce = randomBytes(8).toString('hex');
  const record = formatLockRecord({
    ...request,
    nonce,
    since: request.since.toISOString(),
    mark: processMark(processes, request.pid),
  });
  const untilMs = time.clockMs() + (request.waitMs ?? 0);
  for (let round = 1; ; round++) {
    const outcome = await takeAll(engines, record, request, processes);
    if ('fences' in outcome) return { fences: outcome.fences, nonce };
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

type Outcome = { readonly fences: ReadonlyMap<string, Fence> } | Standing;

/** One try. Unless every lock was taken, none is. */
async function takeAll(
  engines: ReadonlyMap<string, Engine>,
  record: string,
  request: LockRequest,
  processes: Processes,
): Promise<Outcome> {
  const rules: TakeOverRules = {
    processes,
    ownPid: request.pid,
    resumes: request.resuming ? request.release : null,
    leaseSec: request.leaseSec ?? LEASE_SEC,
    onTakeOver: request.onTakeOver ?? (() => {}),
  };
  const fences = new Map<string, Fence>();
  try {
    for (const server of [...engines.keys()].sort()) {
      const engine = engines.get(server)!;
      if (request.cancel?.aborted) throw interrupted(server);
      const first = await engine.takeLock(record, AbortSignal.timeout(DEADLINE_MS));
      const { attempt, working } =
        first.taken || request.takeOver === false
          ? { attempt: first, working: [] }
          : await takeOverHeld(engine, record, first, rules, AbortSignal.timeout(DEADLINE_MS));
      if (!attempt.taken) {
        await releaseLocks(engines, fences);
        return { server, held: attempt, working };
      }
      fences.set(server, attempt.fence);
    }
    return { fences };
  } catch (error) {
    await releaseLocks(engines, fences);
    throw error;
  }
}

function interrupted(server: string): CutoverError {
  return new CutoverError('E_INTERRUPTED', `Interrupted at the lock of ${server}; nothing was touched.`, {
    server,
  });
}
