import { acquireLocks, type Locks, systemTime } from '../lock/acquire.ts';
import { type Group, sharedPathsOf } from './openGroup.ts';
import { emitNow, type Runtime } from './runtime.ts';

export interface GroupLockRequest {
  readonly release: string | null;
  /** For how long to wait while a run holds one of them; 0: not at all. */
  readonly waitMs: number;
  /** Why a person locks by hand; null: it is a run that locks. */
  readonly message: string | null;
  /** The dead run whose locks are in the way is the one that is gone on with: its commands may still work. */
  readonly resuming?: boolean;
  /** They were tried for all at once just now, and one was held. */
  readonly inTurn?: boolean;
}

/**
 * The locks of all servers of a group, or of none, and what was seen under them. Tells who is waited for, and whose lock was taken over.
 * Throws what `acquireLocks` throws.
 */
export function lockGroup(runtime: Runtime, group: Group, request: GroupLockRequest): Promise<Locks> {
  const tell = (server: string, message: string) => emitNow(runtime, { type: 'log', server, message });
  return acquireLocks(group.engines, {
    ...request,
    sharedPaths: sharedPathsOf(group),
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
