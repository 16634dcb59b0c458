import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorCode } from '../contract/index.ts';
import type { Engine } from '../remote/engine.ts';
import { shellEngine } from '../remote/shell/index.ts';
import { linkTo, never } from '../testing/engineHere.ts';
import { localTransport } from '../testing/localConnection.ts';
import { scratch } from '../testing/scratch.ts';
import { acquireLocks, type Locks, releaseLocks } from './acquire.ts';
import { parseLockRecord } from './record.ts';
import { tryLocks } from './tryLocks.ts';

const SERVERS = ['web1', 'web2', 'web3'] as const;

const enginesOf = (root: string, names: readonly string[]): ReadonlyMap<string, Engine> =>
  new Map(names.map((name) => [name, shellEngine(linkTo(localTransport(), name), join(root, name))]));

const owner = (by: string) => ({ by, pid: process.pid, since: new Date(), release: null });

/** As a deployment does: first all at once, then one by one. Null for whoever found them held. */
async function deployer(engines: ReadonlyMap<string, Engine>, by: string): Promise<Locks | null> {
  const { locks, isContended } = await tryLocks(engines, {
    ...owner(by),
    sharedPaths: [],
    limit: (ask) => ask(),
    unwanted: never,
  });
  if (locks !== null) return locks;
  const request = { ...owner(by), environment: 'production', inTurn: isContended };
  return acquireLocks(engines, request).catch((error: unknown) => {
    if (errorCode(error) === 'E_LOCKED') return null;
    throw error;
  });
}

const holders = async (engines: ReadonlyMap<string, Engine>) =>
  Promise.all([...engines.values()].map(async (each) => (await each.observe([], never)).lock.record));

test('of two who want three servers at once, each from its own end, one gets all and the other none, every time', async () => {
  const root = await scratch();
  const [here, there] = [enginesOf(root, SERVERS), enginesOf(root, SERVERS.toReversed())];
  for (let round = 1; round <= 12; round++) {
    const taken = await Promise.all([deployer(here, 'here'), deployer(there, 'there')]);
    const winners = taken.filter((locks) => locks !== null);
    expect({ round, winners: winners.length }).toEqual({ round, winners: 1 });
    const records = SERVERS.map((name) => winners[0]!.fences.get(name)!.record);
    expect(await holders(here)).toEqual(records);
    await releaseLocks(here, winners[0]!.fences);
    expect(new Set(await holders(here))).toEqual(new Set(['released']));
  }
}, 240_000);

test('one server that is held gives all others back, and all are seen as nobody locked them', async () => {
  const root = await scratch();
  const engines = enginesOf(root, SERVERS);
  const first = await acquireLocks(engines, { ...owner('first'), environment: 'production' });
  await releaseLocks(engines, first.fences);
  const only = enginesOf(root, ['web2']);
  await acquireLocks(only, { ...owner('other'), environment: 'production' });
  const request = { ...owner('me'), sharedPaths: [], limit: <T>(ask: () => Promise<T>) => ask() };
  const { locks, looks, isContended } = await tryLocks(engines, { ...request, unwanted: never });
  expect({ locks, isContended }).toEqual({ locks: null, isContended: true });
  const seen = [...looks.values()].map((look) => look.status === 'fulfilled' && look.value.lock.record);
  expect(seen.map((record) => parseLockRecord(String(record))?.by ?? null)).toEqual([null, 'other', null]);
  expect((await holders(engines)).map((record) => parseLockRecord(record!)?.by ?? null)).toEqual([
    null,
    'other',
    null,
  ]);
});

test('somebody who only tries for several is waited for, and no lock of his is taken over', async () => {
  const root = await scratch();
  const engines = enginesOf(root, ['web1']);
  const trying = enginesOf(root, SERVERS);
  const tried = await acquireLocks(trying, { ...owner('trying'), environment: 'production' });
  expect(parseLockRecord(tried.fences.get('web1')!.record)?.together).toBe(true);
  let slept = 0;
  const time = {
    clockMs: () => slept,
    async sleep(ms: number) {
      slept += ms;
      await releaseLocks(trying, tried.fences);
    },
  };
  const locks = await acquireLocks(engines, { ...owner('me'), environment: 'production', time });
  expect({ slept, servers: [...locks.fences.keys()] }).toEqual({ slept: 250, servers: ['web1'] });
});
