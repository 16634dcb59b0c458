import type { Engine, LockAttempt } from '../remote/engine.ts';
import type { Observation } from '../remote/observation.ts';
import { isGone, type Processes } from './holder.ts';
import { nameOfHolder, seconds } from './messages.ts';
import { type LockRecord, parseLockRecord } from './record.ts';

export interface TakeOverRules {
  readonly processes: Processes;
  readonly ownPid: number;
  /** The release whose run is gone on with; null for a new run. */
  readonly resumes: string | null;
  readonly leaseSec: number;
  readonly onTakeOver: (server: string, message: string) => void;
}

type Held = Extract<LockAttempt, { taken: false }>;

/** How long a run may be silent: six of its signs of life, and longer than a server takes to come back. */
export const LEASE_SEC = 60;

/**
 * Takes a held lock over when its holder is provably gone: its process ended on this machine, or the server has not
 * heard of it for the lease; and when no command that it started still works on the server. A lock that a person
 * took by hand stays. Gives the attempt as it was when it may not be taken.
 */
export async function takeOverHeld(
  engine: Engine,
  record: string,
  held: Held,
  rules: TakeOverRules,
  signal: AbortSignal,
): Promise<LockAttempt> {
  const holder = parseLockRecord(held.record);
  if (holder === null || holder.message !== null) return held;
  const gone = isGone(holder, rules.processes, rules.ownPid);
  if (!gone && (held.beatAgeSec === null || held.beatAgeSec < rules.leaseSec)) return held;
  const attaches = rules.resumes !== null && rules.resumes === holder.release;
  if (!attaches && runningCommands(await engine.observe([], signal), holder).length > 0) return held;
  const attempt = await engine.takeLock(record, signal, {
    generation: held.generation,
    silentSec: gone ? null : rules.leaseSec,
  });
  if (attempt.taken) rules.onTakeOver(engine.server, tookOver(holder, gone, held));
  return attempt;
}

/** Commands on the server that the holder's run started: their names begin with its release. */
export function runningCommands(
  { running = [] }: Pick<Observation, 'lock'> & { readonly running?: readonly string[] },
  holder: LockRecord,
): readonly string[] {
  return running.filter((id) => holder.release !== null && id.startsWith(holder.release));
}

function tookOver(holder: LockRecord, gone: boolean, { beatAgeSec }: Held): string {
  const why = gone ? 'its process has ended' : `nothing was heard of it for ${seconds(beatAgeSec ?? 0)}`;
  return `Took over the lock of ${nameOfHolder(holder)}: ${why}.`;
}
