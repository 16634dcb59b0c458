import { symlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { lockRecord } from '../testing/engineHere.ts';
import { faultyTransport } from '../testing/faultyConnection.ts';
import { listing } from '../testing/listing.ts';
import { rollback } from './rollback.ts';
import { hookAt } from './testing/hooks.ts';
import { createWorld, type WorldOptions } from './testing/world.ts';

/** Two servers, and how many scripts and messages one of them was sent by each thing that was done. */
async function counted(options: WorldOptions = {}) {
  let scripts = 0;
  const world = await createWorld({
    servers: ['web1', 'web2'],
    ...options,
    transport: (server, plain) =>
      faultyTransport(plain, () => {
        if (server === 'web1') scripts += 1;
        return null;
      }),
  });
  const count = async (act: () => Promise<unknown>) => {
    scripts = 0;
    await act();
    return scripts;
  };
  return { world, count };
}

test('a deployment looks under its locks at once, and its last step ends it', async () => {
  const { world, count } = await counted();
  // Only looked at first: nobody has ever locked there.
  expect(await count(() => world.deploy())).toBe(8);
  await world.write({ 'index.html': 'two' });
  // One of them reads the manifest, which a source that knows what changed makes needless.
  expect(await count(() => world.deploy())).toBe(8);
  expect(await count(() => world.deploy())).toBe(2);
});

test('a rollback locks when it is decided', async () => {
  const { world, count } = await counted();
  const { release } = await world.deploy();
  await world.write({ 'index.html': 'two' });
  await world.deploy();
  const request = { environment: 'production', to: release, servers: [] };
  expect(await count(() => rollback(world.runtime, world.config, request))).toBe(6);
});

test('a first deployment that is refused leaves nothing at all', async () => {
  const shared = { directories: [], files: ['.env'] };
  const { world, count } = await counted({ environment: { shared } });
  await mkdir(world.at('web1'));
  expect(await count(() => expect(world.deploy()).rejects.toMatchObject({ code: 'E_REFUSED' }))).toBe(1);
  expect(await listing(world.at('web1'))).toHaveLength(1);
  await expect(listing(world.at('web2'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('one that is refused later gives its locks back, and leaves nothing else', async () => {
  const { world, count } = await counted();
  await world.deploy();
  Object.assign(world.config.environments.production!, { shared: { directories: [], files: ['.env'] } });
  const states = () =>
    Promise.all(
      world.servers.map(async (server) =>
        (await listing(world.at(server), 'trace')).filter((line) => !line.startsWith('./.cutover/locks')),
      ),
    );
  const before = await states();
  const refused = () => expect(world.deploy()).rejects.toMatchObject({ code: 'E_REFUSED' });
  expect(await count(refused)).toBe(2);
  expect(await states()).toEqual(before);
  for (const server of world.servers) expect((await world.seen(server)).lock).toBe('released');
});

test('where a newer release exists than the clock stands for, the lock names the right one all the same', async () => {
  const { world, count } = await counted();
  await world.deploy();
  await mkdir(world.at('web2', 'releases/20300101000000'));
  await world.write({ 'index.html': 'two' });
  let release = '';
  expect(await count(async () => (release = (await world.deploy()).release))).toBe(10);
  expect(release).toBe('20300101000001');
});

test('locks that cannot be used are given back, and what goes wrong with that is told once', async () => {
  let thief: string | null = null;
  const world = await createWorld({
    servers: ['web1'],
    transport: (_, plain) =>
      faultyTransport(plain, ({ stdin }) => {
        if (thief === null || !String(stdin).includes('make_room')) return null;
        symlinkSync(lockRecord('thief'), world.at('web1', '.cutover/locks', thief));
        thief = null;
        return null;
      }),
  });
  await world.deploy();
  await mkdir(world.at('web1', 'releases/20300101000000'));
  await world.write({ 'index.html': 'two' });
  thief = 'g-000004';
  await expect(world.deploy()).rejects.toMatchObject({ code: 'E_LOCKED' });
  expect(world.events.filter(({ type }) => type === 'log')).toMatchObject([
    { server: 'web1', message: 'web1: the lock was taken over by somebody else' },
  ]);
});

test('hooks cost no round trip; one that must not be run twice costs two', async () => {
  const costOf = async (options: WorldOptions) => {
    const { world, count } = await counted({ hook: () => {}, ...options });
    await world.deploy();
    await world.write({ 'index.html': 'two' });
    return count(() => world.deploy());
  };
  const hooks = [hookAt('before:prepare'), hookAt('after:linkRelease'), hookAt('after:activate')];
  expect(await costOf({ environment: { hooks } })).toBe(8);
  expect(await costOf({ environment: { hooks }, declares: { interrupted: 'skip' } })).toBe(14);
  // What is to come behind the prune keeps that from being the last script.
  expect(await costOf({ environment: { hooks: [hookAt('always')] } })).toBe(9);
  expect(await costOf({ environment: { hooks }, declares: { refuse: async () => [] } })).toBe(8);
});
