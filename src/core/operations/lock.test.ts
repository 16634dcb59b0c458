import { expect, test } from 'vitest';
import { never } from '../testing/engineHere.ts';
import { lock } from './lock.ts';
import { status } from './status.ts';
import { createWorld, type World } from './testing/world.ts';
import { unlock } from './unlock.ts';

const lockBy = (world: World, message: string) =>
  lock(world.runtime, world.config, { environment: 'production', servers: [], message });

test('all servers are locked by hand, until they are unlocked', async () => {
  const world = await createWorld();
  const { servers } = await lockBy(world, '  Ünder repair: 50 % + more  ');
  const owner = { by: 'me@here', message: 'Ünder repair: 50 % + more', release: null, beatAgeSec: null };
  expect(servers).toMatchObject(world.servers.map((name) => ({ name, path: world.at(name), lock: owner })));
  await expect(world.deploy()).rejects.toMatchObject({
    code: 'E_LOCKED',
    message: expect.stringMatching(
      /^web1 was locked by hand by me@here since .*: Ünder repair: 50 % \+ more\n/,
    ),
  });
  const seen = await status(world.runtime, world.config, 'production', []);
  expect(seen.servers).toMatchObject(world.servers.map(() => ({ lock: owner, openTransaction: null })));
  const confirm = async () => true;
  await unlock(world.runtime, world.config, { environment: 'production', servers: [], confirm });
  expect((await world.deploy()).outcome).toBe('committed');
});

test('where one server is locked already none is', async () => {
  const world = await createWorld();
  await world.engine('web3').takeLock('v1 n you%40there 7 noon -', never);
  await expect(lockBy(world, 'mine')).rejects.toMatchObject({
    code: 'E_LOCKED',
    message: expect.stringMatching(/^web3 is locked by you@there \(process 7\)/),
  });
  expect((await world.seen('web1')).lock).toBe('released');
});

test.for([
  ['', /is empty/],
  [' \n ', /is empty/],
  ['x'.repeat(451), /too long/],
] as const)('the message %j is refused', async ([message, why]) => {
  const world = await createWorld({ servers: ['web1'] });
  await expect(lockBy(world, message)).rejects.toMatchObject({
    code: 'E_USAGE',
    message: expect.stringMatching(why),
  });
  expect((await world.seen('web1')).lock).toBeNull();
});
