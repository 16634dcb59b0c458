import { expect, test } from 'vitest';
import type { Fact } from '../journal/facts.ts';
import { failingAt, start } from './testing/trial.ts';

test('nobody activates before everybody is staged, and nobody prunes before everybody is live', async () => {
  const slow = Promise.withResolvers<null>();
  const { did, outcome } = start({
    perform: (at) => (at === 'b/postUpload' || at === 'c/postLaunch' ? Promise.resolve(slow.promise) : null),
  });
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
  expect(did).toContain('end a/postUpload');
  expect(did.filter((what) => what.includes('activate'))).toEqual([]);
  slow.resolve(null);
  expect(await outcome).toBe('committed');
  const last = (what: string) => did.findLastIndex((each) => each.endsWith(what));
  const first = (what: string) => did.findIndex((each) => each.endsWith(what));
  expect(first('/activate')).toBeGreaterThan(last('/postUpload'));
  expect(first('/prune')).toBeGreaterThan(last('/postLaunch'));
});

test('every intent is durable before its effect, and every outcome after it', async () => {
  const order: string[] = [];
  const { outcome } = start({
    perform: (at) => {
      order.push(`effect ${at}`);
      return at === 'a/activate' ? failingAt(at)(at) : null;
    },
    compensate: (server) => {
      order.push(`effect undo ${server}`);
      return null;
    },
    onWrite: (fact) => {
      if ('step' in fact) order.push(`${fact.type} ${fact.server}/${fact.step}`);
      else if ('server' in fact) order.push(`${fact.type} ${fact.server}`);
    },
  });
  expect(await outcome).toBe('compensated');
  const at = (what: string) => order.indexOf(what);
  for (const name of ['a/prepare', 'b/activate']) {
    expect(at(`step.begun ${name}`)).toBeGreaterThanOrEqual(0);
    expect(at(`effect ${name}`)).toBeGreaterThan(at(`step.begun ${name}`));
    expect(at(`step.done ${name}`)).toBeGreaterThan(at(`effect ${name}`));
  }
  expect(at('step.failed a/activate')).toBeGreaterThan(at('effect a/activate'));
  expect(at('effect undo a')).toBeGreaterThan(at('undo.begun a'));
});

test('a failure is kept as data, also one that nobody foresaw', async () => {
  const { facts, outcome } = start({ perform: failingAt('b/syncCache') });
  await outcome;
  expect(facts).toContainEqual(
    expect.objectContaining({
      type: 'step.failed',
      failure: { code: 'E_REMOTE', message: 'no', hint: 'try' },
    }),
  );
  const bug = start({
    perform: (at) => {
      if (at === 'a/prepare') throw new TypeError('undefined is not a function');
      return null;
    },
  });
  expect(await bug.outcome).toBe('compensated');
  expect(bug.facts.find((fact) => fact.type === 'step.failed')).toMatchObject({
    failure: { code: 'E_BUG', message: expect.stringContaining('runTransaction.test.ts') },
  });
});

test('a server that cannot be taken back is stranded; the others are taken back all the same', async () => {
  const { did, facts, outcome } = start({
    perform: failingAt('c/postLaunch'),
    compensate: (server) => failingAt('a')(server),
  });
  expect(await outcome).toBe('stranded');
  expect(did.filter((what) => what.startsWith('undo'))).toEqual(['undo a', 'undo b', 'undo c']);
  expect(facts.at(-1)).toMatchObject({ type: 'closed', outcome: 'stranded' });
  // Another life tries only what failed, and may have more luck.
  const again = start({ facts: [...facts] });
  expect(await again.outcome).toBe('compensated');
  expect(again.did).toEqual(['undo a']);
});

test.for(['step.begun', 'step.done', 'undo.begun', 'cancelled'] as const)(
  'when %s cannot be written it ends there: nothing more is begun, and what runs is waited for',
  async (type) => {
    const cancel = new AbortController();
    const running = Promise.withResolvers<null>();
    /** How many facts were durable when one could not be written. */
    let durable: number | null = null;
    const begunAfter: string[] = [];
    const facts: Fact[] = [];
    const begin = (what: string) => {
      if (durable === null) return;
      const known = facts
        .slice(0, durable)
        .map((fact) =>
          'step' in fact ? `${fact.server}/${fact.step}` : `undo ${'server' in fact ? fact.server : ''}`,
        );
      if (!known.includes(what)) begunAfter.push(what);
    };
    const { outcome, did } = start({
      cancel: cancel.signal,
      facts,
      perform(at) {
        begin(at);
        if (type === 'cancelled' && at === 'b/linkRelease') cancel.abort();
        if (type === 'undo.begun') return failingAt('a/linkRelease')(at);
        return at === 'c/prepare' && type !== 'cancelled' ? running.promise : null;
      },
      compensate(server) {
        begin(`undo ${server}`);
        return null;
      },
      onWrite(fact) {
        if (fact.type !== type || durable !== null || ('server' in fact && fact.server !== 'b')) return;
        durable = facts.length;
        throw new Error('the disk is full');
      },
    });
    let isOver = false;
    const over = outcome.then(
      () => 'it went on',
      (error: Error) => error.message,
    );
    void over.then(() => {
      isOver = true;
    });
    for (let turn = 0; turn < 200; turn++) await Promise.resolve();
    if (type === 'step.done') expect(isOver).toBe(false);
    running.resolve(null);
    expect(await over).toBe('the disk is full');
    const then = did.length;
    for (let turn = 0; turn < 200; turn++) await Promise.resolve();
    expect(did).toHaveLength(then);
    expect(begunAfter).toEqual([]);
  },
);

test.for([
  ['staging', 'b/linkRelease', 'compensated'],
  ['activating', 'b/activate', 'compensated'],
  ['launching', 'b/postLaunch', 'compensated'],
  ['pruning, which is too late,', 'b/prune', 'committed'],
] as const)('a wish to stop while %s', async ([, when, expected]) => {
  const cancel = new AbortController();
  const { facts, did, outcome } = start({
    cancel: cancel.signal,
    perform(at) {
      if (at === when) cancel.abort();
      return null;
    },
  });
  expect(await outcome).toBe(expected);
  expect(facts.some((fact) => fact.type === 'cancelled')).toBe(expected === 'compensated');
  expect(did).toContain(`end ${when}`);
  if (when === 'b/linkRelease') expect(did.filter((what) => what.includes('activate'))).toEqual([]);
});

test('a wish from before the beginning touches nothing that is live', async () => {
  const { did, outcome } = start({ cancel: AbortSignal.abort() });
  expect(await outcome).toBe('compensated');
  expect(did.filter((what) => what.includes('activate'))).toEqual([]);
});

test('a wish that an earlier life has noted still counts', async () => {
  const { did, outcome } = start({ facts: [{ at: '', type: 'cancelled' }] });
  expect(await outcome).toBe('compensated');
  expect(did.filter((what) => what.includes('activate'))).toEqual([]);
});

test('the time of the switch has in it what was done to arm it, such as hooks, and no waiting for others', async () => {
  let nowMs = 0;
  const pass = (ms: number) => {
    nowMs += ms;
  };
  const { facts, outcome } = start({
    batches: [['a']],
    clockMs: () => nowMs,
    arm: () => pass(3_000),
    onWrite: (fact) => pass(fact.type === 'step.begun' ? 500 : 0),
    perform: (at) => {
      pass(at === 'a/activate' ? 40 : 7);
      return null;
    },
  });
  await outcome;
  const times = facts.flatMap((fact) => (fact.type === 'step.done' ? [[fact.step, fact.ms]] : []));
  expect(Object.fromEntries(times)).toMatchObject({ postUpload: 7, activate: 3_040, postLaunch: 7 });
});
