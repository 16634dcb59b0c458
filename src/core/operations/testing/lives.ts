import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import type { Config } from '../../config/types.ts';
import type { CutoverError } from '../../contract/index.ts';
import { deploy } from '../deploy.ts';
import { status } from '../status.ts';
import { command, createWorld, type World } from './world.ts';

export const PLAIN = { environment: 'production', servers: [], lockWaitMs: 0 };
export const DEPLOY = { ...PLAIN, ref: null, full: false, unpin: false, saved: null };
export const RESUME = { ...PLAIN, abort: false };

/** Runs until its n-th fact is written, then hears nothing more: what follows from that fact is not done. */
export async function cutShort(
  world: World,
  n: number,
  run: (runtime: World['runtime']) => Promise<unknown>,
): Promise<boolean> {
  let facts = 0;
  const emit: World['runtime']['emit'] = (event) => {
    if (/^(step|undo)\./.test(event.type) || ['opened', 'closed', 'cancelled'].includes(event.type))
      facts += 1;
    if (facts >= n) throw new Error('cut short');
  };
  return run({ ...world.runtime, emit }).then(
    () => false,
    () => true,
  );
}

/** Another machine: nothing of the first one's state. */
export const elsewhere = (world: World) => ({
  ...world.runtime,
  by: 'other@elsewhere',
  stateDirectory: world.at('elsewhere'),
});

/** A deployment of `two` is open on both servers, which serve `one`. */
export async function openWorld(): Promise<World> {
  const world = await createWorld({ servers: ['web1', 'web2'] });
  for (const text of ['zero', 'one']) {
    await world.write({ 'index.html': text });
    await world.deploy();
  }
  await world.write({ 'index.html': 'two' });
  expect(await cutShort(world, 7, (runtime) => deploy(runtime, world.config, DEPLOY))).toBe(true);
  return world;
}

export const contents = (world: World) =>
  Promise.all(world.servers.map((name) => readFile(world.at(name, 'current', 'index.html'), 'utf8')));

export async function restsWell(world: World): Promise<void> {
  const { servers } = await status(elsewhere(world), world.config, 'production', []);
  for (const server of servers)
    expect(server).toMatchObject({ openTransaction: null, drift: null, lock: null });
}

/** Its commands write down where they ran, for which release. */
export function counting(world: World): Config {
  const production = world.config.environments.production!;
  const line = `echo "$CUTOVER_SERVER $CUTOVER_RELEASE" >>${world.at('counted')}`;
  const commands = { postUpload: [command(line)], postLaunch: production.commands.postLaunch };
  return { ...world.config, environments: { production: { ...production, commands } } };
}

export const refusal = (run: Promise<unknown>) =>
  run.then(
    () => {
      throw new Error('It was not refused.');
    },
    (error: CutoverError) => ({ code: error.code, text: `${error.message} ${error.hint}` }),
  );
