import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/types.ts';
import type { SharedAdded } from '../remote/engine.ts';
import { environmentNamed, openGroup } from './openGroup.ts';
import type { Runtime } from './runtime.ts';

const DEADLINE_MS = 60 * 60_000;

/**
 * Copies the files in `shared/` of one server to another, never over what is there. They pass through a file of this machine,
 * which is removed: so neither server has to wait for the other, and a line that is lost costs only the half of it.
 */
export async function copyShared(
  runtime: Runtime,
  config: Config,
  { environment, from, to }: { readonly environment: string; readonly from: string; readonly to: string },
): Promise<SharedAdded> {
  await using group = await openGroup(runtime, config, environmentNamed(config, environment), [from, to]);
  const signal = AbortSignal.any([runtime.cancel, AbortSignal.timeout(DEADLINE_MS)]);
  await mkdir(runtime.stateDirectory, { recursive: true, mode: 0o700 });
  const directory = await mkdtemp(join(runtime.stateDirectory, 'clone-'));
  try {
    const archive = join(directory, 'shared.tar');
    await group.engines.get(from)!.packShared(archive, signal);
    return await group.engines.get(to)!.addShared(archive, signal);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
