import { chmod, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { linkTo, lockRecord, never } from '../../testing/engineHere.ts';
import { faultyTransport } from '../../testing/faultyConnection.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';
import { shellEngine } from './index.ts';

const engineIn = (path: string, transport = localTransport()) => shellEngine(linkTo(transport), path);

test('of twenty takers at once exactly one wins, twenty times in a row', async () => {
  const path = join(await scratch(), 'shop');
  for (let round = 1; round <= 20; round++) {
    const attempts = await Promise.all(
      Array.from({ length: 20 }, (_, taker) =>
        engineIn(path).takeLock(lockRecord(`${round}-${taker}`), never),
      ),
    );
    const winners = attempts.flatMap((attempt) => (attempt.taken ? [attempt.fence] : []));
    expect(winners).toHaveLength(1);
    for (const attempt of attempts)
      if (!attempt.taken) expect(attempt).toMatchObject({ taken: false, ...winners[0]! });
    expect(await engineIn(path).releaseLock(winners[0]!.generation, never)).toMatchObject({ released: true });
  }
}, 60_000);

test('whoever lost cannot take the lock from whoever won', async () => {
  const path = await scratch();
  const engine = engineIn(path);
  await engine.takeLock(lockRecord('old'), never);
  expect(await engine.releaseLock('g-000001', never)).toMatchObject({ released: true });
  const winner = await engine.takeLock(lockRecord('winner'), never);
  expect(winner).toMatchObject({ taken: true, fence: { generation: 'g-000003' } });
  const before = await listing(path);
  expect(await engine.takeLock(lockRecord('loser'), never)).toMatchObject({
    taken: false,
    generation: 'g-000003',
    record: lockRecord('winner'),
  });
  expect(await engine.releaseLock('g-000002', never)).toMatchObject({ released: false });
  expect(await listing(path)).toEqual(before);
});

test('generations count on past nine, and eight are kept', async () => {
  const path = await scratch();
  const engine = engineIn(path);
  for (let round = 0; round < 7; round++) {
    const attempt = await engine.takeLock(lockRecord(`${round}`), never);
    if (attempt.taken) await engine.releaseLock(attempt.fence.generation, never);
  }
  const attempt = await engine.takeLock(lockRecord('last'), never);
  expect(attempt).toMatchObject({
    taken: true,
    fence: { generation: 'g-000015', record: lockRecord('last') },
  });
  expect(await readdir(join(path, '.cutover', 'locks'))).toEqual([
    ...Array.from({ length: 8 }, (_, index) => `g-0000${String(index + 8).padStart(2, '0')}`),
    'of-g-000015',
  ]);
});

test('an answer that was lost is asked for again, and it is the same lock', async () => {
  const path = await scratch();
  const transport = faultyTransport(localTransport(), { 1: 'after', 3: 'after' });
  const engine = engineIn(path, transport);
  const attempt = await engine.takeLock(lockRecord('one'), never);
  expect(attempt).toMatchObject({
    taken: true,
    fence: { generation: 'g-000001', record: lockRecord('one') },
  });
  expect(await engine.releaseLock('g-000001', never)).toEqual({ released: true, current: null });
  expect(await readdir(join(path, '.cutover', 'locks'))).toEqual(['g-000001', 'g-000002', 'of-g-000001']);
  expect(transport.counts).toEqual({ connects: 3, execs: 4 });
});

test('a release whose answer was lost counts, although somebody else has locked since', async () => {
  const path = await scratch();
  await engineIn(path).takeLock(lockRecord('one'), never);
  await engineIn(path).releaseLock('g-000001', never);
  await engineIn(path).takeLock(lockRecord('two'), never);
  expect(await engineIn(path).releaseLock('g-000001', never)).toMatchObject({ released: true });
  expect(await readlink(join(path, '.cutover/locks/g-000003'))).toBe(lockRecord('two'));
});

test('current is read in the round trip that gives the lock back', async () => {
  const path = await scratch();
  await symlink('releases/7', join(path, 'current'));
  await engineIn(path).takeLock(lockRecord('one'), never);
  expect(await engineIn(path).releaseLock('g-000001', never)).toEqual({
    released: true,
    current: 'releases/7',
  });
});

test('where no link can be made, that is the error, and not that somebody holds the lock', async () => {
  const path = await scratch();
  await engineIn(path).takeLock(lockRecord('one'), never);
  await engineIn(path).releaseLock('g-000001', never);
  const full = {
    ...process.env,
    PATH: await pathWith({ ln: 'echo "ln: No space left on device" >&2; exit 1' }),
  };
  await expect(
    engineIn(path, localTransport({ env: full })).takeLock(lockRecord('two'), never),
  ).rejects.toMatchObject({
    code: 'E_DISK_FULL',
    message: expect.stringContaining('No space left on device'),
  });
});

test('the directory of the locks is for the user alone, and a link in its place is refused', async () => {
  const path = await scratch();
  await mkdir(join(path, '.cutover'));
  await chmod(join(path, '.cutover'), 0o777);
  await engineIn(path).takeLock(lockRecord('one'), never);
  expect(await listing(path)).toContain('./.cutover directory 700');
  const other = await scratch();
  await symlink(path, join(other, '.cutover'));
  await expect(engineIn(other).takeLock(lockRecord('two'), never)).rejects.toMatchObject({
    code: 'E_REFUSED',
  });
});

test('a trial takes a lock where there was one before, and sees what is there under it', async () => {
  const path = await scratch();
  await engineIn(path).takeLock(lockRecord('one'), never);
  await engineIn(path).releaseLock('g-000001', never);
  const trial = await engineIn(path).tryLock(lockRecord('two'), ['uploads'], never);
  expect(trial).toMatchObject({
    taken: true,
    fence: { generation: 'g-000003', record: lockRecord('two') },
    seen: {
      path,
      lock: { generation: 'g-000003', record: lockRecord('two') },
      shared: { uploads: 'absent' },
    },
  });
  const before = await listing(path);
  expect(await engineIn(path).tryLock(lockRecord('three'), [], never)).toMatchObject({
    taken: false,
    generation: 'g-000003',
    record: lockRecord('two'),
    heldSec: expect.any(Number),
    seen: { lock: { record: lockRecord('two') } },
  });
  expect(await listing(path)).toEqual(before);
});

const ONLY_SEEN = { taken: false, generation: null };

test('a trial makes nothing where nobody ever locked, and locks through no link', async () => {
  const path = join(await scratch(), 'shop');
  const trial = () => engineIn(path).tryLock(lockRecord('one'), [], never);
  expect(await trial()).toMatchObject({ ...ONLY_SEEN, seen: { exists: false } });
  await expect(listing(path)).rejects.toMatchObject({ code: 'ENOENT' });
  await mkdir(join(path, '.cutover'), { recursive: true });
  const other = await scratch();
  await symlink(other, join(path, '.cutover', 'locks'));
  expect(await trial()).toMatchObject({ ...ONLY_SEEN, seen: { misplaced: ['.cutover/locks'] } });
  expect(await readdir(other)).toEqual([]);
});

test('where a trial cannot make a link, it is only seen', async () => {
  const path = await scratch();
  await engineIn(path).takeLock(lockRecord('one'), never);
  await engineIn(path).releaseLock('g-000001', never);
  const env = { ...process.env, PATH: await pathWith({ ln: 'exit 1' }) };
  const engine = engineIn(path, localTransport({ env }));
  expect(await engine.tryLock(lockRecord('two'), [], never)).toMatchObject({
    ...ONLY_SEEN,
    seen: { exists: true },
  });
});
