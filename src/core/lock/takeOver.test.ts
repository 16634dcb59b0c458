import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Engine } from '../remote/engine.ts';
import { shellEngine } from '../remote/shell/index.ts';
import { linkTo, never } from '../testing/engineHere.ts';
import { listing } from '../testing/listing.ts';
import { localTransport } from '../testing/localConnection.ts';
import { pathWith, scratch } from '../testing/scratch.ts';
import { acquireLocks, type LockRequest, releaseLocks } from './acquire.ts';
import type { Processes, ProcessMark } from './holder.ts';
import { silence } from './testing/contention.ts';

const RELEASE = '20260101000001';
const asking = (request: Partial<LockRequest> = {}): LockRequest => ({
  by: 'me@here',
  pid: 1,
  since: new Date(0),
  release: RELEASE,
  environment: 'production',
  processes: machine({}),
  ...request,
});

/** A machine on which these processes run, by the ticks at which they were started. */
function machine(startedAt: Readonly<Record<number, string>>): Processes {
  const all: Readonly<Record<number, string>> = { 1: '10', 7: '70', ...startedAt };
  const markOf = (pid: number): ProcessMark | null =>
    all[pid] === undefined || all[pid] === ''
      ? null
      : { place: 'boot/ns', startedAt: all[pid], ended: false };
  return { markOf, exists: (pid) => all[pid] !== undefined && all[pid] !== '' };
}

/** A server that is locked by process 7. */
async function locked(request: Partial<LockRequest> = {}) {
  const path = await scratch();
  const engine = shellEngine(linkTo(localTransport()), path);
  const engines = new Map([['web1', engine]]);
  const dead = await acquireLocks(engines, asking({ by: 'you@there', pid: 7, ...request }));
  return { path, engine, engines, dead, text: () => readlink(join(path, '.cutover/locks/g-000002')) };
}

const refused = (message: RegExp) => ({ code: 'E_LOCKED', message: expect.stringMatching(message) });

test('a holder that was heard of lately keeps its lock, however long it has held it', async () => {
  const { path, engine, engines, dead } = await locked();
  await silence(path, 3600);
  await engine.beat(dead.fences.get('web1')!, never);
  const before = await listing(path);
  await expect(acquireLocks(engines, asking())).rejects.toMatchObject(
    refused(
      /web1 is locked by you@there \(process 7\) since .* \(for 60 minutes, last sign of life \d+ seconds? ago\)/,
    ),
  );
  expect(await listing(path)).toEqual(before);
  expect((await engine.observe([], never)).lock).toMatchObject({ heldSec: expect.any(Number) });
});

test('one that was not heard of for the lease loses it, is told from whom, and can do no harm', async () => {
  const { path, engine, engines, dead, text } = await locked();
  await silence(path, 40);
  await expect(acquireLocks(engines, asking())).rejects.toMatchObject(
    refused(/last sign of life 4\d seconds ago/),
  );
  await silence(path, 61);
  const told: string[] = [];
  const { fences } = await acquireLocks(engines, asking({ onTakeOver: (_, message) => told.push(message) }));
  expect(fences.get('web1')).toEqual({ generation: 'g-000002', record: await text() });
  expect(told).toEqual([
    expect.stringMatching(
      /^Took over the lock of you@there \(process 7\): nothing was heard of it for 6\d seconds\.$/,
    ),
  ]);
  await expect(engine.beat(dead.fences.get('web1')!, never)).rejects.toMatchObject({ code: 'E_FENCED' });
  expect(await releaseLocks(engines, dead.fences)).toMatchObject([
    { problem: 'web1: the lock was taken over by somebody else' },
  ]);
  expect((await engine.observe([], never)).lock).toMatchObject({
    generation: 'g-000002',
    record: await text(),
  });
});

test('a process that ended on this machine loses it at once; one that is there does not', async () => {
  const { engines, text } = await locked();
  await expect(acquireLocks(engines, asking({ processes: machine({ 7: '70' }) }))).rejects.toMatchObject(
    refused(/^web1 is locked/),
  );
  const { fences } = await acquireLocks(engines, asking({ processes: machine({ 7: '' }) }));
  expect(fences.get('web1')?.record).toBe(await text());
});

test('another process that got its number does not keep it', async () => {
  const { engines } = await locked();
  const { fences } = await acquireLocks(engines, asking({ processes: machine({ 7: '9999' }) }));
  expect(fences.get('web1')?.generation).toBe('g-000002');
});

test('who was told not to take over does not', async () => {
  const { path, engines } = await locked();
  await silence(path, 3600);
  await expect(acquireLocks(engines, asking({ takeOver: false }))).rejects.toMatchObject(refused(/locked/));
});

test('a lock taken by hand stays, is not waited for, and says why', async () => {
  const { path, engines } = await locked({ message: 'the database is moved + 1 %' });
  await silence(path, 100_000);
  const request = asking({ processes: machine({ 7: '' }), waitMs: 3_600_000 });
  await expect(acquireLocks(engines, request)).rejects.toMatchObject({
    ...refused(
      /^web1 was locked by hand by you@there since .* \(for 27 hours\): the database is moved \+ 1 %\n/,
    ),
    hint: 'When that is over: cutover unlock production',
  });
});

test('a beat between the look and the takeover keeps the lock', async () => {
  const { path, engine, dead } = await locked();
  await silence(path, 3600);
  await engine.beat(dead.fences.get('web1')!, never);
  const over = { generation: 'g-000001', silentSec: 60 };
  expect(await engine.takeLock('v1 other', never, { over })).toMatchObject({
    taken: false,
    generation: 'g-000001',
  });
  const older = { generation: 'g-000000', silentSec: null };
  expect(await engine.takeLock('v1 other', never, { over: older })).toMatchObject({ taken: false });
});

test('a server that cannot tell times has no silent holders', async () => {
  const { path } = await locked();
  await silence(path, 3600);
  const env = { ...process.env, PATH: await pathWith({ stat: 'exit 1' }) };
  const blind = new Map([['web1', shellEngine(linkTo(localTransport({ env })), path)]]);
  await expect(acquireLocks(blind, asking())).rejects.toMatchObject(
    refused(/since 1970-01-01T00:00:00.000Z, release/),
  );
});

/** A server on which the command of this id is at work. */
async function atWork(id: string) {
  const held = await locked();
  const web1 = held.engines.get('web1')!;
  const engine: Engine = {
    ...web1,
    async takeLock(...asked) {
      const attempt = await web1.takeLock(...asked);
      return { ...attempt, seen: { ...attempt.seen, running: [id] } };
    },
  };
  return { ...held, engines: new Map([['web1', engine]]), gone: machine({ 7: '' }) };
}

test('the lock of a dead run stays while a command that it started is at work, and that is told', async () => {
  const { engines, gone: processes } = await atWork(`${RELEASE}-postUpload-0`);
  await expect(acquireLocks(engines, asking({ processes, release: '20260101000002' }))).rejects.toMatchObject(
    {
      ...refused(
        /That run is gone, but what it started still works there: 20260101000001-postUpload-0\. Nothing/,
      ),
      hint: expect.stringContaining('cutover resume production'),
    },
  );
});

test('what waits for a command of that run, and what for a hook says, is told as it is', async () => {
  const hintAbout = async (id: string) => {
    const { engines, gone: processes } = await atWork(id);
    const error = await acquireLocks(engines, asking({ processes })).catch((thrown: unknown) => thrown);
    return (error as { readonly hint: string }).hint;
  };
  expect(await hintAbout(`${RELEASE}-postUpload-0`)).toMatch(
    /^To wait for that command, .*resume production$/,
  );
  const ofHook = await hintAbout(`${RELEASE}-hook-20260101000001000-before-activate-0-1`);
  expect(ofHook).toMatch(
    /^To go on with that run: cutover resume production\. .* of one that failed is ended\.$/,
  );
});

test('who goes on with that very run takes its lock, and its command, over', async () => {
  const { engines, gone: processes } = await atWork(`${RELEASE}-postUpload-0`);
  const { fences } = await acquireLocks(engines, asking({ processes, resuming: true }));
  expect(fences.get('web1')?.generation).toBe('g-000002');
});

test('commands of other runs do not matter', async () => {
  const { engines, gone: processes } = await atWork('20250101000001-postLaunch-0');
  const { fences } = await acquireLocks(engines, asking({ processes, release: '20260101000002' }));
  expect(fences.get('web1')?.generation).toBe('g-000002');
});
