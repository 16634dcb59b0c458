import { expect } from 'vitest';
import { type CatchUpRequest, catchUp } from '../catchUp.ts';
import type { DeployRequest } from '../deploy.ts';
import { rollback } from '../rollback.ts';
import { status } from '../status.ts';
import { type WorldWithAway, worldWithAway } from './away.ts';
import type { World, WorldOptions } from './world.ts';

/** web3 serves the first of two releases, and can be reached again. */
export async function oneBehind(options: WorldOptions = {}) {
  const world = await worldWithAway({
    ...options,
    environment: { maxUnreachable: 1, ...options.environment },
  });
  await world.write({ 'index.html': 'one', kept: 'k' });
  const first = await world.deploy();
  await missing(world, { 'index.html': 'two', kept: 'k' });
  const { current } = await world.seen('web1');
  return { world, first: first.release, second: current!.slice('releases/'.length) };
}

/** Deploys this while web3 is away. */
export async function missing(
  world: WorldWithAway,
  files: Readonly<Record<string, string>>,
  request: Partial<DeployRequest> = {},
) {
  world.away.set('web3', 'E_UNREACHABLE');
  await world.write(files);
  const result = await world.deploy(request);
  expect(result.outcome).toBe('committed');
  world.away.clear();
  return result;
}

export const catchUpIn = (
  world: World,
  servers: readonly string[] = [],
  more: Partial<CatchUpRequest> = {},
) => catchUp(world.runtime, world.config, { environment: 'production', servers, unpin: false, ...more });

export const back = (world: World, to: string | null = null, servers: readonly string[] = []) =>
  rollback(world.runtime, world.config, { environment: 'production', to, servers });

export const behindOf = async (world: World, servers: readonly string[] = []) =>
  (await status(world.runtime, world.config, 'production', servers)).servers.map(({ name, behind }) => [
    name,
    behind,
  ]);
