import { expect, test } from 'vitest';
import type { Fact } from '../journal/facts.ts';
import { failingAt, start } from './testing/trial.ts';
import { SERVERS } from './testing/world.ts';

test('every server is armed before one is switched', async () => {
  const { did, outcome } = start();
  expect(await outcome).toBe('committed');
  const armed = SERVERS.map((name) => did.indexOf(`arm ${name}`));
  const switched = SERVERS.map((name) => did.indexOf(`begin ${name}/activate`));
  expect(Math.min(...armed)).toBeGreaterThan(-1);
  expect(Math.min(...switched)).toBeGreaterThan(Math.max(...armed));
  // Nothing comes between the messages.
  expect(Math.max(...switched) - Math.min(...switched)).toBe(SERVERS.length - 1);
});

test('batch by batch: each is live and watched before the next is armed, and all are staged before the first', async () => {
  const { did, outcome } = start({ batches: [['a', 'b'], ['c']] });
  expect(await outcome).toBe('committed');
  const order = [
    'end c/postUpload',
    'arm a',
    'end b/postLaunch',
    'bake 1',
    'arm c',
    'end c/postLaunch',
    'begin a/prune',
  ];
  expect(order.map((what) => did.indexOf(what))).toEqual(
    order.map((what) => did.indexOf(what)).toSorted((a, b) => a - b),
  );
  expect(order.every((what) => did.includes(what))).toBe(true);
});

test('who stops it while a batch is watched takes all back, and ends the watch', async () => {
  const cancel = new AbortController();
  const { did, outcome } = start({
    batches: [['a', 'b'], ['c']],
    cancel: cancel.signal,
    bake: async () => {
      cancel.abort();
      await new Promise<never>(() => {});
    },
  });
  expect(await outcome).toBe('compensated');
  expect(did.filter((what) => what.startsWith('undo')).sort()).toEqual(['undo a', 'undo b', 'undo c']);
});

test('a failed batch stops the rest; what the policy says becomes of those before', async () => {
  const trial = { batches: [['a'], ['b'], ['c']], perform: failingAt('b/postLaunch') };
  const all = start(trial);
  expect([await all.outcome, all.did.filter((what) => what.startsWith('undo')).sort()]).toEqual([
    'compensated',
    ['undo a', 'undo b', 'undo c'],
  ]);
  const one = start({ ...trial, policy: 'revert-server' });
  expect([await one.outcome, one.did.filter((what) => /undo|begin .*prune|arm c/.test(what)).sort()]).toEqual(
    ['committed', ['begin a/prune', 'undo b', 'undo c']],
  );
  const kept = start({ ...trial, policy: 'keep' });
  expect([
    await kept.outcome,
    kept.did.filter((what) => /undo|begin .*prune|arm c/.test(what)).sort(),
  ]).toEqual(['committed', ['begin a/prune', 'begin b/prune', 'undo c']]);
});

test('another life does not watch a batch again when the next one was begun', async () => {
  const facts: Fact[] = [];
  const first = start({
    facts,
    batches: [['a'], ['b', 'c']],
    compensate: failingAt('a'),
    perform: failingAt('c/postLaunch'),
  });
  expect(await first.outcome).toBe('stranded');
  const again = start({ facts: [...facts], batches: [['a'], ['b', 'c']] });
  expect(await again.outcome).toBe('compensated');
  expect(again.did).toEqual(['undo a']);
});
