import { CutoverError } from '../contract/index.ts';
import type { LockAttempt } from '../remote/engine.ts';
import { generationNumber, type LockRecord, parseLockRecord, RELEASED } from './record.ts';

type Held = Extract<LockAttempt, { taken: false }>;

/** A lock that somebody else holds. */
export interface Standing {
  readonly server: string;
  readonly held: Held;
  /** The commands of a run that is gone, because of which its lock stays. */
  readonly working: readonly string[];
}

/** The error about a lock that a person took by hand; null when it was not. */
export function lockedByHand(server: string, environment: string, held: Held): CutoverError | null {
  const holder = parseLockRecord(held.record);
  if (holder === null || holder.message === null) return null;
  return new CutoverError(
    'E_LOCKED',
    `${server} was locked by hand by ${holder.by} since ${sinceWhen(holder, held)}: ${holder.message}\nNothing was touched (generation ${generationNumber(held.generation)}).`,
    { server, hint: `When that is over: cutover unlock ${environment}` },
  );
}

/** The error about a lock that a run holds. `waitedMs`: for how long it was waited for. */
export function lockedByRun(
  { server, held, working }: Standing,
  environment: string,
  waitedMs: number,
): CutoverError {
  const holder = parseLockRecord(held.record);
  const what = holder?.release ? `, release ${holder.release}` : '';
  const waited = waitedMs > 0 ? ` It was waited for, ${seconds(Math.round(waitedMs / 1000))}.` : '';
  return new CutoverError(
    'E_LOCKED',
    `${server} is locked by ${nameOfHolder(holder)} since ${sinceWhen(holder, held)}${what} (generation ${generationNumber(held.generation)}).${stillAtWork(working)}${waited} Nothing was touched.`,
    {
      server,
      hint:
        working.length > 0
          ? goingOn(working, environment)
          : `To wait until it is done: --lock-wait 5m. A run that is dead loses its lock a minute after its last sign of life; at once: cutover unlock ${environment}`,
    },
  );
}

/** Whether the program of a hook is waited for is for the hook to say. */
function goingOn(working: readonly string[], environment: string): string {
  return working.some((id) => id.includes('-hook-'))
    ? `To go on with that run: cutover resume ${environment}. A hook that may run again is waited for; another one counts as done or as failed, as it declares, and what is at work of one that failed is ended.`
    : `To wait for that command, and go on with that run: cutover resume ${environment}`;
}

/** The error about a lock that was ours. `record`: what the generation that rules now says; '' when that cannot be read. */
export function lostLock(server: string, generation: string, record: string): CutoverError {
  const how =
    record === RELEASED
      ? 'somebody took the lock over, and has released it'
      : `${nameOfHolder(parseLockRecord(record))} took the lock over`;
  return new CutoverError('E_FENCED', `${server}: ${how} (${generation})`, { server });
}

/** `Waiting for ada@laptop (process 9), release 20261121193811, since … to be done.` */
export function waitingFor(held: Held, working: readonly string[]): string {
  const holder = parseLockRecord(held.record);
  const what = holder?.release ? `, release ${holder.release},` : '';
  return `Locked: waiting for ${nameOfHolder(holder)}${what} to be done; locked since ${sinceWhen(holder, held)}.${stillAtWork(working)}`;
}

function stillAtWork(working: readonly string[]): string {
  return working.length === 0
    ? ''
    : ` That run is gone, but what it started still works there: ${working.join(', ')}.`;
}

/** `ada@laptop (process 9)` */
export function nameOfHolder(holder: LockRecord | null): string {
  if (holder === null || holder.pid === 0) return holder?.by ?? 'somebody';
  return `${holder.by} (process ${holder.pid})`;
}

/** `3 seconds`, `5 minutes`, `2 hours` */
export function seconds(count: number): string {
  const [amount, unit] =
    count < 120 ? [count, 'second'] : count < 7200 ? [count / 60, 'minute'] : [count / 3600, 'hour'];
  const whole = Math.floor(amount);
  return `${whole} ${unit}${whole === 1 ? '' : 's'}`;
}

/** By both clocks: the holder's wrote the time, the server's counted the seconds. */
function sinceWhen(holder: LockRecord | null, { heldSec, beatAgeSec }: Held): string {
  const since = holder?.since || 'an unknown time';
  const parts = [
    ...(heldSec === null ? [] : [`for ${seconds(heldSec)}`]),
    ...(beatAgeSec === null || holder?.message != null
      ? []
      : [`last sign of life ${seconds(beatAgeSec)} ago`]),
  ];
  return parts.length === 0 ? since : `${since} (${parts.join(', ')})`;
}
