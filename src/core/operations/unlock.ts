import type { Config } from '../config/types.ts';
import { CutoverError } from '../contract/index.ts';
import { lockOwner } from './lockOwner.ts';
import { environmentNamed, observeGroup, openGroup } from './openGroup.ts';
import type { UnlockResult } from './results.ts';
import type { Runtime } from './runtime.ts';

export interface UnlockRequest {
  readonly environment: string;
  readonly servers: readonly string[];
  /** Asked, with what was found, before anything is given up. */
  readonly confirm: (found: UnlockResult) => Promise<boolean>;
}

/**
 * Shows who holds the locks, and gives up exactly the generations that were shown: one that was taken in between stays.
 * Throws `E_REFUSED` when it could not be given up.
 */
export async function unlock(
  runtime: Runtime,
  config: Config,
  request: UnlockRequest,
): Promise<UnlockResult> {
  const environment = environmentNamed(config, request.environment);
  await using group = await openGroup(runtime, config, environment, request.servers);
  const seen = await observeGroup(group, runtime.cancel);
  const servers = [...seen].map(([name, each]) => ({
    name,
    path: each.path,
    lock: lockOwner(each.lock),
    released: false,
  }));
  const found: UnlockResult = { environment: environment.name, servers };
  if (servers.every((server) => server.lock === null) || !(await request.confirm(found))) return found;
  const released = await Promise.all(
    servers.map(async (server) => {
      const generation = seen.get(server.name)!.lock.generation;
      if (server.lock === null || generation === null) return server;
      const given = await group.engines.get(server.name)!.releaseLock(generation, runtime.cancel);
      return { ...server, released: given.released };
    }),
  );
  const stuck = released.filter((server) => server.lock !== null && !server.released);
  if (stuck.length > 0) {
    throw new CutoverError(
      'E_REFUSED',
      `The lock of ${stuck.map((server) => server.name).join(', ')} changed hands in the meantime; it was not touched.`,
      {
        hint: `cutover unlock ${environment.name}`,
      },
    );
  }
  return { ...found, servers: released };
}
