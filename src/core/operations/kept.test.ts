import { mkdir, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Config, EnvironmentConfig } from '../config/types.ts';
import { faultyTransport } from '../testing/faultyConnection.ts';
import { deploy } from './deploy.ts';
import { releases } from './releases.ts';
import { resume } from './resume.ts';
import { status } from './status.ts';
import { back, catchUpIn } from './testing/behind.ts';
import { contents, DEPLOY, elsewhere, RESUME } from './testing/lives.ts';
import { command, createWorld, type World, type WorldOptions } from './testing/world.ts';

const ONE_BY_ONE: Partial<EnvironmentConfig> = { strategy: 'sequential', batch: { servers: 1 } };

/** Launching fails where there is a file `fail` beside `current`. */
const keeping = (environment: Partial<EnvironmentConfig> = {}, options: WorldOptions = {}) =>
  createWorld({
    ...options,
    environment: {
      onFailure: 'keep',
      commands: { postUpload: [], postLaunch: [command('test ! -e ../../fail')] },
      ...environment,
    },
  });

const breakLaunch = (world: World, names: readonly string[]) =>
  Promise.all(
    names.map(async (name) => {
      await mkdir(world.at(name), { recursive: true });
      await writeFile(world.at(name, 'fail'), '');
    }),
  );
const mend = (world: World) =>
  Promise.all(world.servers.map((name) => rm(world.at(name, 'fail'), { force: true })));

/** What `status` tells of each: which servers are behind what, which were kept; nothing is ever called drift. */
async function told(world: World) {
  const { servers } = await status(world.runtime, world.config, 'production', []);
  expect(servers.map(({ drift }) => drift)).toEqual(servers.map(() => null));
  return {
    behind: servers.flatMap(({ name, behind }) => (behind === null ? [] : [`${name} ${behind}`])),
    kept: servers.flatMap(({ name, kept }) => (kept ? [name] : [])),
  };
}

/** As `releases` calls what is live. */
async function calledLive(world: World) {
  const { servers } = await releases(world.runtime, world.config, 'production', []);
  return servers.map(({ releases: rows }) => rows.find(({ current }) => current)!).map((row) => row.kept);
}

test.for([
  ['one by one, the first fails', ONE_BY_ONE, ['web1'], ['two', 'one', 'one']],
  ['one by one, the second fails', ONE_BY_ONE, ['web2'], ['two', 'two', 'one']],
  ['one by one, the last fails', ONE_BY_ONE, ['web3'], ['two', 'two', 'two']],
  ['all at once, the first fails', {}, ['web1'], ['two', 'two', 'two']],
  ['all at once, all fail', {}, ['web1', 'web2', 'web3'], ['two', 'two', 'two']],
] as const)(
  '%s and is kept: status, catch-up, releases and the next deployment agree',
  async ([, strategy, failing, serve]) => {
    const world = await keeping(strategy);
    const first = await world.deploy();
    await world.write({ 'index.html': 'two' });
    await breakLaunch(world, failing);
    const { release } = await world.deploy();
    expect(await contents(world)).toEqual(serve);
    const behind = world.servers.filter((_, index) => serve[index] === 'one');
    expect(await told(world)).toEqual({ behind: behind.map((name) => `${name} ${release}`), kept: failing });
    expect(await calledLive(world)).toEqual(
      world.servers.map((name) => failing.some((each) => each === name)),
    );

    await mend(world);
    expect(await catchUpIn(world)).toMatchObject({
      outcome: behind.length === 0 ? 'unchanged' : 'committed',
      release,
    });
    expect(await contents(world)).toEqual(['two', 'two', 'two']);
    expect(await told(world)).toEqual({ behind: [], kept: failing });

    const third = await world.deploy();
    expect(third.outcome).toBe('committed');
    expect(await told(world)).toEqual({ behind: [], kept: [] });
    await back(world, first.release);
    expect(await told(world)).toEqual({ behind: [], kept: [] });
    expect(await contents(world)).toEqual(['one', 'one', 'one']);
  },
);

test('a rollback never chooses what was kept', async () => {
  const world = await keeping();
  const first = await world.deploy();
  await world.write({ 'index.html': 'two' });
  await breakLaunch(world, ['web2']);
  await world.deploy();
  await mend(world);
  expect((await world.deploy()).outcome).toBe('committed');
  expect(await back(world)).toMatchObject({ outcome: 'committed', release: first.release });
});

test('the first deployment of all is caught up with where it was kept', async () => {
  const world = await keeping(ONE_BY_ONE);
  await breakLaunch(world, ['web1']);
  const { release } = await world.deploy();
  expect(await told(world)).toEqual({ behind: [`web2 ${release}`, `web3 ${release}`], kept: ['web1'] });
  expect(await catchUpIn(world)).toMatchObject({ outcome: 'committed', release });
  expect(await contents(world)).toEqual(['one', 'one', 'one']);
});

test.for([
  ['one by one', ONE_BY_ONE, ['one', 'two', 'two']],
  ['all at once', {}, ['one', 'one', 'one']],
] as const)(
  'a rollback that was kept, %s, is done once more by naming its target',
  async ([, strategy, serve]) => {
    const world = await keeping(strategy);
    const first = await world.deploy();
    await world.write({ 'index.html': 'two' });
    await world.deploy();
    await breakLaunch(world, ['web1']);
    await back(world);
    expect(await contents(world)).toEqual(serve);
    const behind = ['web2', 'web3'].filter((_, index) => serve[index + 1] === 'two');
    expect(await told(world)).toEqual({
      behind: behind.map((name) => `${name} ${first.release}`),
      kept: ['web1'],
    });
    await mend(world);
    expect(await back(world, first.release)).toMatchObject({ outcome: 'committed' });
    expect(await contents(world)).toEqual(['one', 'one', 'one']);
    expect(await told(world)).toEqual({ behind: [], kept: [] });
    expect((await deploy(world.runtime, world.config, { ...DEPLOY, unpin: true })).outcome).toBe('committed');
  },
);

test('who resumes knows who was kept, and takes back those that wait for it', async () => {
  let isLost = false;
  const world = await keeping(ONE_BY_ONE, {
    // Only its lock can be given back.
    transport: (server, plain) =>
      faultyTransport(plain, ({ stdin }) =>
        isLost && server === 'web3' && !String(stdin).includes('make_room') ? 'before' : null,
      ),
  });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  await breakLaunch(world, ['web2']);
  const emit: World['runtime']['emit'] = (event) => {
    isLost ||= event.type === 'step.failed' && event.step === 'postLaunch';
    world.runtime.emit(event);
  };
  expect((await deploy({ ...world.runtime, emit }, world.config, DEPLOY)).outcome).toBe('stranded');
  isLost = false;
  const config: Config = world.config;
  expect(await resume(elsewhere(world), config, RESUME)).toMatchObject({
    outcome: 'committed',
    servers: [{ failure: null }, { failure: { step: 'postLaunch' } }, { outcome: 'compensated' }],
  });
  expect(await contents(world)).toEqual(['two', 'two', 'one']);
});
