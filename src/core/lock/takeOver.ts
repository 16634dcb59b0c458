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
  readonly sharedPaths: readonly string[];
  readonly onTakeOver: (server: string, message: string) => void;
}

type Held = Extract<LockAttempt, { taken: false }>;

export interface TakeOverOutcome {
  readonly attempt: LockAttempt;
  /** The commands of a run that is gone, because of which its lock stays. */
  readonly working: readonly string[];
}

/** How long a run may be silent: six of its signs of life, and longer than a server takes to come back. */
export const LEASE_SEC = 60;

/**
 * Takes a held lock over when its holder is provably gone: its process ended on this machine, or the server has not
 * heard of it for the lease; and when no command that it started still works on the server. A lock that a person
 * took by hand stays.
 */
export async function takeOverHeld(
  engine: Engine,
  record: string,
  held: Held,
  rules: TakeOverRules,
  signal: AbortSignal,
): Promise<TakeOverOutcome> {
  const stays: TakeOverOutcome = { attempt: held, working: [] };
  const holder = parseLockRecord(held.record);
  if (holder === null || holder.message !== null) return stays;
  const gone = isGone(holder, rules.processes, rules.ownPid);
  if (!gone && (held.beatAgeSec === null || held.beatAgeSec < rules.leaseSec)) return stays;
  const attaches = rules.resumes !== null && rules.resumes === holder.release;
  const working = attaches ? [] : commandsOf(holder, held.seen);
  if (working.length > 0) return { attempt: held, working };
  const over = { generation: held.generation, silentSec: gone ? null : rules.leaseSec };
  const attempt = await engine.takeLock(record, signal, { over, sharedPaths: rules.sharedPaths });
  if (attempt.taken) rules.onTakeOver(engine.server, tookOver(holder, gone, held));
  return { attempt, working: [] };
}

/** Those of the commands at work that the holder's run started: their names begin with its release. */
function commandsOf(holder: LockRecord, { running }: Observation): readonly string[] {
  return running.filter((id) => holder.release !== null && id.startsWith(holder.release));
}

function tookOver(holder: LockRecord, gone: boolean, { beatAgeSec }: Held): string {
  const why = gone ? 'its process has ended' : `nothing was heard of it for ${seconds(beatAgeSec ?? 0)}`;
  return `Took over the lock of ${nameOfHolder(holder)}: ${why}.`;
}
