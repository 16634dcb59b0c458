import { expect, test } from 'vitest';
import type { Engine } from '../remote/engine.ts';
import { shellEngine } from '../remote/shell/index.ts';
import { linkTo, never } from '../testing/engineHere.ts';
import { localTransport } from '../testing/localConnection.ts';
import { scratch } from '../testing/scratch.ts';
import { acquireLocks, type LockRequest, type LockTime, releaseLocks } from './acquire.ts';

/** A clock that moves when somebody sleeps; what `at` has for the first, second, … sleep is done while it lasts. */
function sleeper(at: Readonly<Record<number, () => unknown>> = {}) {
  const slept: number[] = [];
  const time: LockTime = {
    clockMs: () => slept.reduce((sum, ms) => sum + ms, 0),
    async sleep(ms, signal) {
      slept.push(ms);
      await at[slept.length]?.();
      signal?.throwIfAborted();
    },
  };
  return { time, slept };
}

async function twoServers() {
  const engines = new Map<string, Engine>();
  for (const name of ['a', 'b'])
    engines.set(name, shellEngine(linkTo(localTransport(), name), await scratch()));
  const alone = (name: string) => new Map([[name, engines.get(name)!]]);
  const holderOf = async (name: string) => (await engines.get(name)!.observe([], never)).lock.record;
  return { engines, alone, holderOf };
}

const asking = (request: Partial<LockRequest>): LockRequest => ({
  by: 'me@here',
  pid: process.pid,
  since: new Date(0),
  release: null,
  environment: 'production',
  ...request,
});

test('while one is waited for, the others are free; when it is, all are taken', async () => {
  const { engines, alone, holderOf } = await twoServers();
  const held = await acquireLocks(alone('b'), asking({ by: 'you@there', release: '20260101000001' }));
  const told: string[] = [];
  const meanwhile: (string | null)[] = [];
  const { time, slept } = sleeper({
    1: async () => meanwhile.push(await holderOf('a')),
    3: () => releaseLocks(engines, held.fences),
  });
  const onWait = (server: string, message: string) => told.push(`${server}: ${message}`);
  const { fences } = await acquireLocks(engines, asking({ waitMs: 300_000, time, onWait }));
  expect(slept).toEqual([2000, 2000, 2000]);
  expect(meanwhile).toEqual(['released']);
  expect(told).toEqual([
    expect.stringMatching(
      /^b: Locked: waiting for you@there \(process \d+\), release 20260101000001, to be done; locked since 1970-01-01/,
    ),
  ]);
  expect([await holderOf('a'), await holderOf('b')]).toEqual(
    [...fences.values()].map(({ record }) => record),
  );
});

test('when the time is over, it says for how long it waited, and nothing is taken', async () => {
  const { engines, alone, holderOf } = await twoServers();
  await acquireLocks(alone('b'), asking({ by: 'you@there' }));
  const { time, slept } = sleeper();
  await expect(acquireLocks(engines, asking({ waitMs: 5000, time }))).rejects.toMatchObject({
    code: 'E_LOCKED',
    message: expect.stringMatching(
      /^b is locked by you@there .* It was waited for, 5 seconds\. Nothing was touched\.$/,
    ),
  });
  expect(slept).toEqual([2000, 2000, 1000]);
  expect(await holderOf('a')).toBe('released');
});

test('who does not wait fails at once', async () => {
  const { engines, alone } = await twoServers();
  await acquireLocks(alone('a'), asking({ by: 'you@there' }));
  const { time, slept } = sleeper();
  await expect(acquireLocks(engines, asking({ time }))).rejects.toMatchObject({
    code: 'E_LOCKED',
    hint: expect.stringContaining('--lock-wait 5m'),
  });
  expect(slept).toEqual([]);
});

test('a wish to stop ends the waiting, and nothing is taken', async () => {
  const { engines, alone, holderOf } = await twoServers();
  await acquireLocks(alone('b'), asking({ by: 'you@there' }));
  const stop = new AbortController();
  const { time } = sleeper({ 2: () => stop.abort() });
  await expect(
    acquireLocks(engines, asking({ waitMs: 300_000, time, cancel: stop.signal })),
  ).rejects.toMatchObject({ code: 'E_INTERRUPTED', message: expect.stringContaining('nothing was touched') });
  expect(await holderOf('a')).toBe('released');
});
