import { expect, test } from 'vitest';
import { processMark, systemProcesses } from '../lock/holder.ts';
import { formatLockRecord } from '../lock/record.ts';
import { never } from '../testing/engineHere.ts';
import { check } from './check.ts';
import { lock } from './lock.ts';
import { type MarkRequest, mark } from './marks.ts';
import { rollback } from './rollback.ts';
import { status } from './status.ts';
import { elsewhere, openWorld } from './testing/lives.ts';
import { createWorld, type World } from './testing/world.ts';
import { unlock } from './unlock.ts';

const ENV = 'production';

/** What is not well on each server, but for its clock: that of the program is one of its own here. */
async function found(world: World) {
  const { servers } = await check(elsewhere(world), world.config, ENV, []);
  return servers.map(({ findings }) =>
    findings
      .filter(({ level, message }) => level !== 'ok' && !message.startsWith('its clock'))
      .map(({ level, message, fix }) => `${level} ${message} | ${fix}`),
  );
}

const set = (world: World, name: MarkRequest['name'], servers: readonly string[]) =>
  mark(world.runtime, world.config, {
    environment: ENV,
    name,
    servers,
    set: { reason: 'a new disk', until: null },
  });

const freed = (world: World) =>
  unlock(world.runtime, world.config, { environment: ENV, servers: [], confirm: async () => true });

async function lockedBy(world: World, server: string, how: { isGone: boolean }) {
  const own = processMark(systemProcesses, process.pid);
  const record = formatLockRecord({
    nonce: 'n',
    by: 'you@there',
    pid: process.pid,
    since: 'noon',
    release: null,
    mark: how.isGone ? `${own}0` : own,
  });
  await world.engine(server).takeLock(record, never);
}

test('a transaction that nobody is at work on is an error on each of its servers, with how far it came', async () => {
  const world = await openWorld();
  await freed(world);
  await expect(world.deploy()).rejects.toMatchObject({ code: 'E_OPEN_TRANSACTION' });
  const open =
    /^error an earlier deployment is open: release \d{14}, by me@here, begun \S+; \w+ (begun|done) \| cutover resume production, or to take it back: cutover resume production --abort$/;
  expect(await found(world)).toEqual([[expect.stringMatching(open)], [expect.stringMatching(open)]]);
});

test('the transaction of a run that may live is its own business, that of one that is gone is not', async () => {
  const world = await openWorld();
  await freed(world);
  await lockedBy(world, 'web1', { isGone: false });
  expect(await found(world)).toEqual([
    [
      'warning it is locked by you@there since noon | To wait until that run is done: --lock-wait 5m. If it is dead: cutover resume production',
    ],
    [],
  ]);
  await freed(world);
  await lockedBy(world, 'web1', { isGone: true });
  expect(await found(world)).toEqual([
    [
      expect.stringContaining('error an earlier deployment is open'),
      'warning it is locked by you@there since noon, and that run is gone | cutover resume production',
    ],
    [expect.stringContaining('error an earlier deployment is open')],
  ]);
});

test('a rollback that a deployment would undo is an error, and status shows it', async () => {
  const world = await createWorld({ servers: ['web1', 'web2'] });
  const { release } = await world.deploy();
  await world.write({ 'index.html': 'two' });
  await world.deploy();
  await rollback(world.runtime, world.config, { environment: ENV, to: null, servers: ['web2'] });
  const pin = new RegExp(
    `^error it was rolled back to ${release} by me@here at \\S+, and a deployment would undo that \\| cutover deploy production --unpin$`,
  );
  expect(await found(world)).toEqual([[], [expect.stringMatching(pin)]]);
  expect((await status(world.runtime, world.config, ENV, [])).servers).toMatchObject([
    { pinned: null },
    { pinned: { release, by: 'me@here', at: expect.stringMatching(/^2026-/) } },
  ]);
});

test('a lock by hand is an error, but not on a server that deployments leave out', async () => {
  const world = await createWorld({ servers: ['web1', 'web2'] });
  await lock(world.runtime, world.config, { environment: ENV, servers: [], message: 'under repair' });
  await set(world, 'paused', ['web2']);
  const byHand =
    /^(\w+) it was locked by hand by me@here since \S+: under repair \| When that is over: cutover unlock production$/;
  expect((await found(world)).map(([first]) => byHand.exec(first!)?.[1])).toEqual(['error', 'warning']);
});

test('a pause stops a deployment once there is nobody left', async () => {
  const world = await createWorld({ servers: ['web1', 'web2'] });
  await set(world, 'paused', ['web1']);
  const paused = /^(\w+) it is paused by me@here.* \| When that is over: cutover unpause production web1$/;
  expect((await found(world)).map(([first]) => first && paused.exec(first)?.[1])).toEqual([
    'warning',
    undefined,
  ]);
  await set(world, 'paused', ['web2']);
  expect((await found(world)).map(([first]) => first?.split(' ')[0])).toEqual(['error', 'error']);
});
