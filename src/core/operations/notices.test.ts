import { afterEach, expect, test, vi } from 'vitest';
import { plainNotifier } from '../config/testing/plain.ts';
import type { NotifierConfig } from '../config/types.ts';
import { NOTICE_EVENTS, type Notice } from '../contract/index.ts';
import { deploy, planFor } from './deploy.ts';
import { openNotices } from './notices.ts';
import { unchangedResult } from './result.ts';
import { rollback } from './rollback.ts';
import { createWorld, type WorldOptions } from './testing/world.ts';

test('a notifier hears of the beginning and of the end', async () => {
  const heard: Notice[] = [];
  const world = await createWorld({ servers: ['web1', 'web2'], notify: (notice) => void heard.push(notice) });
  const { release } = await world.deploy();
  expect(heard).toMatchObject([
    {
      event: 'started',
      kind: 'deploy',
      application: 'shop',
      release,
      servers: [],
      failure: null,
      by: 'me@here',
    },
    {
      event: 'committed',
      release,
      previous: null,
      failure: null,
      servers: [
        { name: 'web1', current: release },
        { name: 'web2', current: release },
      ],
    },
  ]);
  await world.deploy();
  expect(heard).toHaveLength(2);
});

test('a notifier hears why it failed, and what the servers serve', async () => {
  const heard: Notice[] = [];
  const world = await createWorld({
    servers: ['web1'],
    notify: (notice) => void heard.push(notice),
    hook(at, { previous }) {
      if (previous !== null && at === 'before:postLaunch') throw new Error('no');
    },
  });
  const { release } = await world.deploy();
  await world.write({ a: 'b' });
  await world.deploy();
  expect(heard.at(-1)).toMatchObject({
    event: 'compensated',
    previous: release,
    servers: [{ name: 'web1', current: release }],
    failure: expect.stringContaining(': no'),
  });
});

test('what is told: success, failure, back to success, a rollback; each once', async () => {
  const heard: Notice[] = [];
  let fails = false;
  const world = await createWorld({
    servers: ['web1', 'web2'],
    notify: (notice) => void heard.push(notice),
    hook(at, { server }) {
      if (fails && at === 'before:activate' && server === 'web2') throw new Error('no');
    },
    environment: {
      notify: [plainNotifier('spy', { events: NOTICE_EVENTS.filter((event) => event !== 'started') })],
    },
  });
  const first = await world.deploy();
  await world.write({ a: '2' });
  fails = true;
  await world.deploy();
  fails = false;
  await world.write({ a: '3' });
  const third = await world.deploy();
  await rollback(world.runtime, world.config, { environment: 'production', to: null, servers: [] });
  expect(heard.map(({ events }) => events)).toEqual([
    ['succeeded'],
    ['failed', 'compensated'],
    ['succeeded', 'backToSuccess'],
    ['succeeded', 'rolledBack'],
  ]);
  expect(heard.map(({ title }) => title)).toEqual([
    `shop: production serves ${first.release}`,
    `shop: production failed, every server serves ${first.release}`,
    `shop: production serves ${third.release} (was ${first.release}), back to success`,
    `shop: production is back at ${first.release} (was ${third.release})`,
  ]);
  expect(heard[1]?.text).toMatch(
    /^shop: production failed, .*\nWhy: .*: no\nRevision: .*\nBy: me@here\nTook: /,
  );
});

test('a notifier hears of what it asks for only, in its own words', async () => {
  const heard: Notice[] = [];
  const world = await createWorld({
    servers: ['web1'],
    notify: (notice) => void heard.push(notice),
    environment: {
      notify: [
        plainNotifier('spy', { events: ['backToSuccess', 'failed'] }),
        plainNotifier('spy', { events: ['succeeded'], text: '{release} {outcome}' }),
      ],
    },
  });
  const { release } = await world.deploy();
  expect(heard.map(({ text }) => text)).toEqual([`${release} succeeded`]);
});

test('who was interrupted is told', async () => {
  const heard: Notice[] = [];
  const world = await createWorld({
    servers: ['web1'],
    notify: (notice) => void heard.push(notice),
    hook(at) {
      if (at === 'before:activate') world.cancel.abort();
    },
  });
  expect(await world.deploy()).toMatchObject({ outcome: 'compensated', interrupted: true });
  expect(heard.at(-1)).toMatchObject({
    events: ['failed', 'compensated'],
    title: 'shop: production was interrupted, nothing is live',
    failure: 'somebody asked to stop',
  });
});

test('a notice holds no secret', async () => {
  const heard: Notice[] = [];
  const world = await createWorld({
    servers: ['web1'],
    notify: (notice) => void heard.push(notice),
    hook() {
      throw new Error('The answer held s3cret.');
    },
  });
  const runtime = { ...world.runtime, redact: (text: string) => text.replaceAll('s3cret', '***') };
  await deploy(runtime, world.config, PLAIN);
  expect(heard.at(-1)?.failure).toContain('The answer held ***.');
  expect(JSON.stringify(heard)).not.toContain('s3cret');
});

test.each<[string, () => Promise<void>]>([
  [
    'throws',
    () => {
      throw new Error('gone fishing');
    },
  ],
  ['rejects', () => Promise.reject(new Error('gone fishing'))],
])(
  'a notifier that %s is a problem, once for each time, and the deployment goes its way',
  async (_, notify) => {
    const world = await createWorld({ servers: ['web1'], notify });
    expect(await world.deploy()).toMatchObject({
      outcome: 'committed',
      problems: [
        'the notifier spy could not be told of the start: gone fishing',
        'the notifier spy could not be told: gone fishing',
      ],
    });
  },
);

test('a notifier that cannot be made is a problem, too', async () => {
  const world = await createWorld({ servers: ['web1'], notify: () => {} });
  const extensions = {
    ...world.runtime.extensions,
    notifier: async () => ({
      parse: () => null,
      create: () => {
        throw new Error('out of order');
      },
    }),
  };
  expect(await deploy({ ...world.runtime, extensions }, world.config, PLAIN)).toMatchObject({
    outcome: 'committed',
    problems: [expect.stringContaining('out of order'), 'the notifier spy could not be told: out of order'],
  });
});

test('a deadline is that of the configuration, else of the notifier, else ten seconds', async () => {
  const silent = () => new Promise<void>(() => {});
  for (const [deadlineMs, own, expected] of [
    [30, 20_000, '0.03 s'],
    [null, 40, '0.04 s'],
    [null, undefined, '10 s'],
  ] as const) {
    const { notices, opening, result } = await noticesWith(silent, { deadlineMs }, own);
    vi.useFakeTimers();
    notices.started({ ...opening, isResumed: true });
    const ended = notices.ended(result);
    await vi.runAllTimersAsync();
    expect(await ended).toEqual([
      `the notifier spy could not be told: it did not answer in time (${expected})`,
    ]);
    vi.useRealTimers();
  }
});

test('one that never answers delays the end by one deadline, not two, hears both in order, and is told to stop', async () => {
  const heard: string[] = [];
  const signals: AbortSignal[] = [];
  const { notices, opening, result } = await noticesWith(
    ({ event }, signal) => {
      heard.push(event);
      signals.push(signal);
      return new Promise(() => {});
    },
    { events: NOTICE_EVENTS, deadlineMs: 4_000 },
  );
  vi.useFakeTimers();
  notices.started(opening);
  await vi.advanceTimersByTimeAsync(100);
  let problems: readonly string[] | null = null;
  void notices.ended(result).then((all) => {
    problems = all;
  });
  await vi.advanceTimersByTimeAsync(1_999);
  expect(heard).toEqual(['started']);
  await vi.advanceTimersByTimeAsync(1);
  expect(heard).toEqual(['started', 'committed']);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(problems).toEqual([
    'the notifier spy could not be told of the start: it had not answered when all was over',
    'the notifier spy could not be told: it did not answer in time (4 s)',
  ]);
  expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
});

test('who goes on with a transaction tells of its end only, and when it was begun', async () => {
  const heard: Notice[] = [];
  const { notices, opening, result } = await noticesWith((notice) => void heard.push(notice), {
    events: NOTICE_EVENTS,
  });
  notices.started({ ...opening, isResumed: true });
  expect(await notices.ended(result)).toEqual([]);
  expect(heard).toMatchObject([{ event: 'committed', startedAt: opening.at }]);
});

test('one that fails when it is told to stop is one problem, not two', async () => {
  const { notices, opening, result } = await noticesWith(
    (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('I was told to stop')));
      }),
    { deadlineMs: 30 },
  );
  notices.started(opening);
  expect(await notices.ended(result)).toEqual([
    'the notifier spy could not be told: it did not answer in time (0.03 s)',
  ]);
});

afterEach(() => void vi.useRealTimers());

const PLAIN = { environment: 'production', ref: null, servers: [], full: false, unpin: false, saved: null };

async function noticesWith(
  notify: NonNullable<WorldOptions['notify']>,
  entry: Partial<NotifierConfig>,
  deadlineMs?: number,
) {
  const world = await createWorld({
    servers: ['web1'],
    notify,
    environment: { notify: [plainNotifier('spy', entry)] },
  });
  const { extensions } = world.runtime;
  const notifier: typeof extensions.notifier = async (name) => {
    const extension = await extensions.notifier(name);
    const create: typeof extension.create = (options, scope) => ({
      ...extension.create(options, scope),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    });
    return { ...extension, create };
  };
  const runtime = { ...world.runtime, extensions: { ...extensions, notifier }, clockMs: () => Date.now() };
  const plan = await planFor(runtime, world.config, PLAIN);
  const notices = await openNotices(runtime, world.config, world.config.environments.production!, plan);
  const opening = { at: '2026-01-01T00:00:00.000Z', isResumed: false, seen: new Map() };
  return { notices, opening, result: { ...unchangedResult(plan), outcome: 'committed' as const } };
}
