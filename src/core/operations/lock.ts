import type { Config } from '../config/types.ts';
import { CutoverError } from '../contract/index.ts';
import { fitsIntoRecord } from '../lock/record.ts';
import { lockGroup } from './groupLocks.ts';
import { lockOwner } from './lockOwner.ts';
import { environmentNamed, observeGroup, openGroup } from './openGroup.ts';
import type { LockResult } from './results.ts';
import type { Runtime } from './runtime.ts';

export interface ManualLockRequest {
  readonly environment: string;
  readonly servers: readonly string[];
  /** Why: shown to everybody who is stopped by it. */
  readonly message: string;
}

/**
 * Takes the locks of all servers, or of none, and keeps them when the program has ended.
 * Throws `E_USAGE` for a message that says nothing or does not fit, and `E_LOCKED`.
 */
export async function lock(
  runtime: Runtime,
  config: Config,
  request: ManualLockRequest,
): Promise<LockResult> {
  const message = request.message.trim();
  requireMessage(message);
  const environment = environmentNamed(config, request.environment);
  await using group = await openGroup(runtime, config, environment, request.servers);
  const seen = await observeGroup(group, runtime.cancel);
  const { fences } = await lockGroup(runtime, group, { release: null, waitMs: 0, message });
  return {
    environment: environment.name,
    servers: [...seen].map(([name, { path }]) => ({
      name,
      path,
      lock: lockOwner({ ...fences.get(name)!, heldSec: 0, beatAgeSec: null }),
    })),
  };
}

function requireMessage(message: string): void {
  if (message === '') throw new CutoverError('E_USAGE', 'The message is empty: say why nobody may deploy.');
  if (!fitsIntoRecord(message))
    throw new CutoverError('E_USAGE', 'The message is too long for a lock: 450 plain letters fit.');
}
