import type { Journal } from '../journal/journal.ts';
import { acquireLocks, type Locks, systemTime } from '../lock/acquire.ts';
import { type KeptLocks, keepLocks } from '../lock/keep.ts';
import type { Group } from './openGroup.ts';
import { emitNow, type Runtime } from './runtime.ts';

export interface GroupLockRequest {
  readonly release: string | null;
  /** For how long to wait while a run holds one of them; 0: not at all. */
  readonly waitMs: number;
  /** Why a person locks by hand; null: it is a run that locks. */
  readonly message: string | null;
  /** The dead run whose locks are in the way is the one that is gone on with: its commands may still work. */
  readonly resuming?: boolean;
}

/**
 * The locks of all servers of a group, or of none. Tells who is waited for, and whose lock was taken over.
 * Throws what `acquireLocks` throws.
 */
export function lockGroup(runtime: Runtime, group: Group, request: GroupLockRequest): Promise<Locks> {
  const tell = (server: string, message: string) => emitNow(runtime, { type: 'log', server, message });
  return acquireLocks(group.engines, {
    ...request,
    by: runtime.by,
    pid: runtime.pid,
    since: runtime.now(),
    environment: group.environment.name,
    cancel: runtime.cancel,
    time: { ...systemTime, clockMs: runtime.clockMs },
    onWait: tell,
    onTakeOver: tell,
  });
}

/** Keeps the locks of a run. One that is lost is a problem of the run: the server itself stops what would follow. */
export function keepGroupLocks(runtime: Runtime, group: Group, locks: Locks, journal: Journal): KeptLocks {
  return keepLocks(group.engines, locks.fences, {
    onLost(server, error) {
      const message = `the lock was lost while this ran: ${error.message}`;
      if (journal.facts().length === 0) emitNow(runtime, { type: 'log', server, message });
      // What cannot be written any more is found, and told, by the transaction itself.
      else journal.append({ type: 'problem', server, message }).catch(() => {});
    },
  });
}
