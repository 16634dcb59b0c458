import { expect, test } from 'vitest';
import { never } from '../testing/engineHere.ts';
import { planFor } from './deploy.ts';
import { lock } from './lock.ts';
import { status } from './status.ts';
import { createWorld, PLAIN, type World } from './testing/world.ts';
import { unlock } from './unlock.ts';

const lockBy = (world: World, message: string) =>
  lock(world.runtime, world.config, { environment: 'production', servers: [], message });

/** What a plan says of a lock. */
async function noted(world: World): Promise<string | undefined> {
  await planFor(world.runtime, world.config, { ...PLAIN, servers: ['web1'] });
  return world.events.flatMap((event) => (event.type === 'log' ? [event.message] : [])).at(-1);
}

test('a plan tells of a run that holds a lock what to do when that is dead', async () => {
  const world = await createWorld({ servers: ['web1'] });
  await world.engine('web1').takeLock('v1 n you%40there 7 noon -', never);
  expect(await noted(world)).toMatch(
    /^Locked by you@there: .* If that run is dead: cutover resume production$/,
  );
});

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
  expect(await noted(world)).toMatch(/^Locked by me@here: .* When that is over: cutover unlock production$/);
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
