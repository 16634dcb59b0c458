import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { tidied } from '../../testing/tidied.ts';
import { repairCache } from '../cacheRepair.ts';
import type { CacheRepairResult, CacheVerifyResult } from '../cacheResults.ts';
import { verifyCache } from '../cacheVerify.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

export const TREE = { 'index.html': 'one', 'in/a': 'a', 'in/deep/b': 'b', other: 'o' };

/** Two releases of it on every server. */
export async function deployed(options: WorldOptions = { servers: ['web1', 'web2'] }): Promise<World> {
  const world = await createWorld(options);
  await world.write({ ...TREE, other: 'older' });
  await world.deploy();
  await world.write(TREE);
  expect((await world.deploy()).outcome).toBe('committed');
  // What stands by for the next release has the same files.
  for (const server of world.servers) await tidied(world.at(server));
  return world;
}

export function verify(world: World): Promise<CacheVerifyResult> {
  return verifyCache(world.runtime, world.config, 'production', []);
}

export function repair(world: World): Promise<CacheRepairResult> {
  const request = { environment: 'production', servers: [], lockWaitMs: 0 };
  return repairCache(world.runtime, world.config, request);
}

/** All kinds of things, on web1. */
export async function damage(world: World): Promise<void> {
  const at = (name: string) => world.at('web1', 'deploy-cache', name);
  await writeFile(at('index.html'), 'eno');
  await chmod(at('in/a'), 0o755);
  await chmod(at('in'), 0o700);
  await rm(at('in/deep'), { recursive: true });
  await rm(at('other'));
  await symlink('index.html', at('other'));
  await mkdir(at('more/below'), { recursive: true });
  await writeFile(at('two\nlines'), '');
}

export const FOUND = [
  { path: 'in', kind: 'mode', live: false },
  { path: 'in/a', kind: 'mode', live: true },
  { path: 'in/deep', kind: 'missing', live: false },
  { path: 'index.html', kind: 'content', live: true },
  { path: 'more', kind: 'extra', live: false },
  { path: 'other', kind: 'kind', live: false },
  { path: 'two\nlines', kind: 'extra', live: false },
];

export const WELL = { files: 4, hashed: true, differences: [], failure: null };
