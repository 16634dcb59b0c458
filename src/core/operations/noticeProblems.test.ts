import { afterEach, expect, test, vi } from 'vitest';
import { NOTICE_EVENTS } from '../contract/index.ts';
import { deploy } from './deploy.ts';
import { noticesWith } from './testing/notices.ts';
import { createWorld, PLAIN } from './testing/world.ts';

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
