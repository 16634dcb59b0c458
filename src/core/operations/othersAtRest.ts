import { setTimeout as delay } from 'node:timers/promises';
import type { CutoverError } from '../contract/index.ts';
import { lockedByHand, lockedByRun, waitingFor } from '../lock/messages.ts';
import { parseLockRecord } from '../lock/record.ts';
import type { Observation } from '../remote/observation.ts';
import { requireUncancelled } from './openGroup.ts';
import { emitNow, type Runtime } from './runtime.ts';

const POLL_MS = 2_000;

/**
 * Looks until nobody is at work on servers that are not to be changed, and whose locks are therefore not taken. Throws
 * `E_LOCKED` where that takes too long, and at once for a lock that a person took.
 */
export async function untilOthersRest<T extends { readonly others: ReadonlyMap<string, Observation> }>(
  runtime: Runtime,
  environment: string,
  waitMs: number,
  look: () => Promise<T>,
): Promise<T> {
  const untilMs = runtime.clockMs() + waitMs;
  for (let round = 1; ; round++) {
    const found = await look();
    const busy = busyOther(found.others, environment, waitMs);
    if (busy === null) return found;
    const leftMs = untilMs - runtime.clockMs();
    if (busy.isByHand || leftMs <= 0) throw busy.error;
    if (round === 1) emitNow(runtime, { type: 'log', server: busy.server, message: busy.message });
    await delay(Math.min(POLL_MS, leftMs), undefined, { signal: runtime.cancel }).catch(() => {});
    requireUncancelled(runtime.cancel);
  }
}

/** Throws `E_LOCKED`. */
export function requireOthersAtRest(others: ReadonlyMap<string, Observation>, environment: string): void {
  const busy = busyOther(others, environment, 0);
  if (busy !== null) throw busy.error;
}

interface Busy {
  readonly server: string;
  readonly error: CutoverError;
  readonly isByHand: boolean;
  /** That it is waited for. */
  readonly message: string;
}

function busyOther(
  others: ReadonlyMap<string, Observation>,
  environment: string,
  waitedMs: number,
): Busy | null {
  for (const [server, seen] of others) {
    const { generation, record } = seen.lock;
    if (generation === null || record === null || parseLockRecord(record) === null) continue;
    const held = { ...seen.lock, taken: false, generation, record, seen } as const;
    const byHand = lockedByHand(server, environment, held);
    return {
      server,
      error: byHand ?? lockedByRun({ server, held, working: [] }, environment, waitedMs),
      isByHand: byHand !== null,
      message: waitingFor(held, []),
    };
  }
  return null;
}
