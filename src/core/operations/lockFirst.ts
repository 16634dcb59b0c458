import { tryLocks } from '../lock/tryLocks.ts';
import { nextReleaseId } from '../release/id.ts';
import { type HeldLocks, holdLocks } from './heldLocks.ts';
import { leaveOut, type Reached } from './leaveOut.ts';
import { type Group, loginLimit, requireUncancelled, sharedPathsOf } from './openGroup.ts';
import { emitNow, type Runtime } from './runtime.ts';

/** What was seen on the servers of a group before anything is decided. */
export interface FirstLook extends Reached {
  /** When it was begun: the id of a release is made of it. */
  readonly at: Date;
  /** All locks, under which it was seen, and the release that they name; null: none is ours. */
  readonly held: HeldLocks | null;
  readonly release: string | null;
  /** Somebody holds one of the locks. */
  readonly isContended: boolean;
}

/**
 * Locks all servers and looks at them in one round trip, where that can be done at once; else it only looks. A server
 * on which nobody ever locked is only looked at: a deployment that is refused leaves nothing there.
 * Up to `most` servers that are out of reach are left out: then no lock is ours.
 * The locks name the release that the clock stands for. Where newer ones exist already, they cannot be used for it.
 * `unwanted`: nobody waits for the outcome any more. Rejects as `leaveOut` does, with all locks given back.
 */
export async function lockFirst(
  runtime: Runtime,
  group: Group,
  most: number,
  unwanted: AbortSignal,
): Promise<FirstLook> {
  const at = runtime.now();
  const release = nextReleaseId(at, []);
  const { locks, looks, isContended } = await tryLocks(group.engines, {
    by: runtime.by,
    pid: runtime.pid,
    since: at,
    release,
    sharedPaths: sharedPathsOf(group),
    limit: loginLimit(group.environment),
    unwanted: AbortSignal.any([runtime.cancel, unwanted]),
  });
  const held = locks && holdLocks(runtime, group, locks);
  try {
    requireUncancelled(runtime.cancel);
    return { ...leaveOut(runtime, group, looks, most), at, held, release: held && release, isContended };
  } catch (error) {
    await held?.release();
    throw error;
  }
}

/** Gives locks back without which nothing was done. What goes wrong is only told: there is no result to hold it. */
export async function abandonLocks(runtime: Runtime, held: HeldLocks): Promise<void> {
  for (const { server, problem } of await held.release())
    if (problem !== null) emitNow(runtime, { type: 'log', server, message: problem });
}
