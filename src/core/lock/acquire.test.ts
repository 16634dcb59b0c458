import { expect, test } from 'vitest';
import { CutoverError } from '../contract/index.ts';
import { seen } from '../plan/testing/facts.ts';
import type { Engine } from '../remote/engine.ts';
import { acquireLocks, releaseLocks } from './acquire.ts';
import { formatLockRecord } from './record.ts';

const request = {
  by: 'me@here',
  pid: 7,
  since: new Date(0),
  release: '20260101000001',
  environment: 'production',
};

/** Servers that only know how to be locked. `did` is what was asked of whom. */
function servers(answers: Readonly<Record<string, 'free' | 'held' | 'odd' | 'gone' | 'stuck'>>) {
  const did: string[] = [];
  const engines = Object.entries(answers).map(([server, answer]) => {
    const engine: Pick<Engine, 'server' | 'reach' | 'takeLock' | 'releaseLock'> = {
      server,
      reach: async () => {},
      async takeLock(record) {
        did.push(`take ${server}`);
        const generation = 'g-000012';
        if (answer === 'gone') throw new CutoverError('E_UNREACHABLE', 'no');
        if (answer === 'free' || answer === 'stuck')
          return { taken: true, fence: { generation, record }, seen: seen() };
        const owner = { nonce: 'n', by: 'you@there', pid: 9, since: 'noon', release: '20250101000000' };
        const held = answer === 'odd' ? 'v9 ?' : formatLockRecord(owner);
        return { taken: false, generation, record: held, heldSec: 90, beatAgeSec: 4, seen: seen() };
      },
      async releaseLock() {
        did.push(`release ${server}`);
        if (answer === 'stuck') throw new CutoverError('E_UNREACHABLE', 'the line is dead');
        return { released: true, current: 'releases/1' };
      },
    };
    return [server, engine as Engine] as const;
  });
  return { engines: new Map(engines), did };
}

test('locks are taken all at once', async () => {
  const { engines, did } = servers({ web2: 'free', db: 'free', web10: 'free' });
  const { fences, seen } = await acquireLocks(engines, request);
  expect(did).toEqual(['take web2', 'take db', 'take web10']);
  expect([...fences.keys()]).toEqual(['web2', 'db', 'web10']);
  expect([...seen.keys()]).toEqual(['web2', 'db', 'web10']);
  expect(new Set([...fences.values()].map((fence) => fence.record)).size).toBe(3);
});

test('where that has failed they are taken in the order of the names, whatever the order of the configuration', async () => {
  const { engines, did } = servers({ web2: 'free', db: 'free', web10: 'free' });
  const { fences } = await acquireLocks(engines, { ...request, inTurn: true });
  expect(did).toEqual(['take db', 'take web10', 'take web2']);
  expect([...fences.keys()]).toEqual(['db', 'web10', 'web2']);
});

test('two runs of one person are two owners', async () => {
  const { engines } = servers({ a: 'free' });
  const [one, two] = [await acquireLocks(engines, request), await acquireLocks(engines, request)];
  expect(one.fences.get('a')?.record).not.toBe(two.fences.get('a')?.record);
});

test.for([
  [
    'held',
    'E_LOCKED',
    /^b is locked by you@there \(process 9\) since noon \(for 90 seconds, last sign of life 4 seconds ago\), release 20250101000000 \(generation 12\)\. Nothing was touched\.$/,
  ],
  ['odd', 'E_LOCKED', /^b is locked by somebody/],
  ['gone', 'E_UNREACHABLE', /no/],
] as const)(
  'one that is %s gives all others back, and then those before it, asking none behind it',
  async ([answer, code, message]) => {
    const { engines, did } = servers({ a: 'free', b: answer, c: 'free' });
    await expect(acquireLocks(engines, request)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    const atOnce = ['release a', 'release c', 'take a', 'take b', 'take c'];
    const [first, rest] = [did.slice(0, 5), did.slice(5)];
    expect(first.sort()).toEqual(atOnce);
    expect(rest).toEqual(answer === 'gone' ? [] : ['take a', 'take b', 'release a']);
  },
);

test('a lock that cannot be given back is a problem, and the others are given back', async () => {
  const { engines, did } = servers({ a: 'stuck', b: 'free' });
  const { fences } = await acquireLocks(engines, request);
  expect(await releaseLocks(engines, fences)).toEqual([
    { server: 'a', current: undefined, problem: 'a: the lock could not be released: the line is dead' },
    { server: 'b', current: 'releases/1', problem: null },
  ]);
  expect(did.slice(-2).sort()).toEqual(['release a', 'release b']);
});

test.for([true, false])(
  'who stops while a login is waited for gets none, and keeps none (in turn: %s)',
  async (inTurn) => {
    const { engines, did } = servers({ a: 'free', b: 'free' });
    const stop = new AbortController();
    const away: Pick<Engine, 'reach'> = {
      reach: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          setImmediate(() => stop.abort());
        }),
    };
    const both = new Map([...engines, ['b', { ...engines.get('b')!, ...away }]]);
    const taking = acquireLocks(both, { ...request, inTurn, cancel: stop.signal });
    await expect(taking).rejects.toMatchObject({
      code: 'E_INTERRUPTED',
      message: 'Interrupted at the lock of b; nothing was touched.',
    });
    expect(did).toEqual(['take a', 'release a']);
  },
);
