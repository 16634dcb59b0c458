import type { Observation } from '../remote/observation.ts';
import { lockGroup } from './groupLocks.ts';
import { holdLocks } from './heldLocks.ts';
import { abandonLocks } from './lockFirst.ts';
import { lockOwner } from './lockOwner.ts';
import type { Group } from './openGroup.ts';
import type { Runtime } from './runtime.ts';

/**
 * A run that died before it had begun anything left its locks, and nothing else. One that was waited for may have left
 * more: gives what was seen under the locks. Throws `E_LOCKED` for one that lives.
 */
export async function freeDeadLocks(
  runtime: Runtime,
  group: Group,
  seen: ReadonlyMap<string, Observation>,
  waitMs: number,
): Promise<ReadonlyMap<string, Observation>> {
  if ([...seen.values()].every(({ lock }) => lockOwner(lock) === null)) return seen;
  const locks = await lockGroup(runtime, group, { release: null, waitMs, message: null });
  await abandonLocks(runtime, holdLocks(runtime, group, locks));
  return locks.seen;
}
