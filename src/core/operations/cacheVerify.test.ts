import { appendFile, lstat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { CutoverError } from '../contract/index.ts';
import { never } from '../testing/engineHere.ts';
import { listing } from '../testing/listing.ts';
import { verifyCache } from './cacheVerify.ts';
import { lock } from './lock.ts';
import { damage, deployed, FOUND, repair, verify, WELL } from './testing/damagedCache.ts';
import { createWorld, type World } from './testing/world.ts';

test('what differs is told for each server, and nothing is changed by that', async () => {
  const world = await deployed();
  expect(await verify(world)).toEqual({
    environment: 'production',
    servers: ['web1', 'web2'].map((name) => ({ name, ...WELL, notes: [] })),
  });
  await damage(world);
  const before = await listing(world.at('web1'), 'trace');
  expect(await verify(world)).toEqual({
    environment: 'production',
    servers: [
      { name: 'web1', ...WELL, differences: FOUND, notes: [] },
      { name: 'web2', ...WELL, notes: [] },
    ],
  });
  expect(await listing(world.at('web1'), 'trace')).toEqual(before);
});

test('while somebody holds the lock it is verified, and said, but not repaired', async () => {
  const world = await deployed();
  await world.engine('web2').takeLock('v1 n you%40there 7 noon 20260101000009', never);
  const note = 'It is locked by you@there since noon: what is found may be the work of that run.';
  expect(await verify(world)).toMatchObject({ servers: [{ notes: [] }, { ...WELL, notes: [note] }] });
  await expect(repair(world)).rejects.toMatchObject({ code: 'E_LOCKED' });
});

test('who locked by hand changes nothing that would be found', async () => {
  const world = await deployed({ servers: ['web1'] });
  const request = { environment: 'production', servers: [], message: 'mine' };
  await lock(world.runtime, world.config, request);
  expect(await verify(world)).toMatchObject({ servers: [{ ...WELL, notes: [] }] });
  await expect(repair(world)).rejects.toMatchObject({ code: 'E_LOCKED' });
});

test('a run that takes the lock while files are read is told of', async () => {
  const world = await deployed({ servers: ['web1'] });
  await appendFile(world.at('web1', 'deploy-cache/index.html'), '!');
  const runtime: World['runtime'] = {
    ...world.runtime,
    emit: (event) => {
      if (event.type === 'log') void world.engine('web1').takeLock('v1 n you%40there 7 noon -', never);
    },
  };
  const { servers } = await verifyCache(runtime, world.config, 'production', []);
  expect(servers[0]).toMatchObject({
    differences: [{ path: 'index.html' }],
    notes: [expect.stringContaining('Somebody took the lock meanwhile')],
  });
});

test('where nothing was ever uploaded nothing is made', async () => {
  const world = await createWorld({ servers: ['web1'] });
  const note = 'There is no deploy-cache: the next deployment sends everything.';
  expect(await verify(world)).toMatchObject({ servers: [{ files: 0, differences: [], notes: [note] }] });
  expect(await repair(world)).toMatchObject({ servers: [{ files: 0, mended: [], failure: null }] });
  await expect(lstat(world.at('web1'))).rejects.toThrow();
});

test('a server out of reach is a part of what is verified, and stops a repair', async () => {
  const world = await deployed({
    servers: ['web1', 'web2'],
    transport: (_, plain) => ({
      address: 'here',
      connect: (scope) =>
        isGone ? Promise.reject(new CutoverError('E_UNREACHABLE', 'gone')) : plain.connect(scope),
    }),
  });
  isGone = true;
  expect((await verify(world)).servers).toMatchObject([
    { files: 0, failure: { code: 'E_UNREACHABLE', message: 'gone' } },
    {},
  ]);
  await expect(repair(world)).rejects.toThrow('gone');
  isGone = false;
});

let isGone = false;
