import { expect, test } from 'vitest';
import { CutoverError, type FailurePolicy, type Json, type StepName } from '../contract/index.ts';
import type { Fact, NewFact } from '../journal/facts.ts';
import { memoryJournal } from '../testing/memoryJournal.ts';
import { runTransaction } from './runTransaction.ts';

const SERVERS = ['a', 'b', 'c'];

interface Trial {
  readonly batches?: readonly (readonly string[])[];
  readonly policy?: FailurePolicy;
  readonly bake?: (index: number) => Promise<void> | void;
  readonly perform?: (at: string) => Promise<Json> | Json;
  readonly compensate?: (server: string) => Promise<Json> | Json;
  readonly onWrite?: (fact: NewFact) => Promise<void> | void;
  readonly facts?: Fact[];
  readonly cancel?: AbortSignal;
}

/** What was done, in order: `begin a/prepare`, `end a/prepare`, `undo a`. */
function start(trial: Trial = {}) {
  const did: string[] = [];
  const facts = trial.facts ?? [];
  const effects = {
    async perform({ server, step }: { server: string; step: StepName }) {
      did.push(`begin ${server}/${step}`);
      const output = (await trial.perform?.(`${server}/${step}`)) ?? null;
      did.push(`end ${server}/${step}`);
      return output;
    },
    async arm(server: string) {
      did.push(`arm ${server}`);
    },
    async bake(index: number) {
      did.push(`bake ${index}`);
      await trial.bake?.(index);
    },
    async compensate(server: string) {
      did.push(`undo ${server}`);
      return (await trial.compensate?.(server)) ?? null;
    },
    conclude: async () => {},
  };
  const journal = memoryJournal({ facts, ...(trial.onWrite ? { onWrite: trial.onWrite } : {}) });
  const outcome = runTransaction({
    batches: trial.batches ?? [SERVERS],
    policy: trial.policy ?? 'revert-all',
    journal,
    effects,
    cancel: trial.cancel ?? new AbortController().signal,
    clockMs: () => 0,
  });
  return { did, facts, outcome };
}

const failingAt = (wanted: string) => (at: string) => {
  if (at === wanted) throw new CutoverError('E_REMOTE', 'no', { hint: 'try' });
  return null;
};

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
