import fc from 'fast-check';
import { expect, test } from 'vitest';
import { manualClock } from '../testing/manualClock.ts';
import { samplePlan, timed, type Untimed } from '../testing/samples.ts';
import { createScreen } from '../testing/screen.ts';
import { liveReporter } from './live.ts';

const FIFTY = Array.from({ length: 50 }, (_, index) => `web${String(index + 1).padStart(2, '0')}`);
const plain = { revision: null, branch: null, message: null };

function started(names: readonly string[], plan = samplePlan(names, plain), rows = 24) {
  const screen = createScreen(80, rows);
  const clock = manualClock();
  const reporter = liveReporter(screen, clock);
  const tell = (...events: readonly Untimed[]) => {
    for (const event of events) reporter.event(timed(event));
  };
  tell({ type: 'opened', plan, by: 'ada@laptop' });
  /** What is drawn over: all below the title and what was told. */
  const frame = () => screen.lines().filter((line) => line.startsWith('  '));
  return { tell, clock, reporter, screen, frame };
}

const begun =
  (step: 'prepare' | 'syncCache' | 'postUpload' | 'activate' | 'postLaunch') => (server: string) =>
    ({ type: 'step.begun', server, step }) satisfies Untimed;
const done = (step: 'prepare' | 'syncCache' | 'postUpload' | 'activate' | 'postLaunch') => (server: string) =>
  ({ type: 'step.done', server, step, ms: 5, output: null }) satisfies Untimed;
const failure = { code: 'E_COMMAND', message: 'It broke', hint: null } as const;
const failed = (server: string): Untimed => ({
  type: 'step.failed',
  server,
  step: 'syncCache',
  ms: 5,
  failure,
});
const nameOf = (line: string) => /^ {2}(web\d+) /.exec(line)?.[1];

test('fifty servers on a common terminal: those at work, then those that failed, and how many more', () => {
  const { tell, clock, frame, screen } = started(FIFTY);
  tell(...FIFTY.map(begun('syncCache')), ...FIFTY.slice(0, 40).map(done('syncCache')));
  tell(failed('web45'));
  clock.pass(100);
  expect(frame().map(nameOf)).toEqual([
    ...['web41', 'web42', 'web43', 'web44', 'web46', 'web47', 'web48', 'web49', 'web50', 'web45'],
    ...['web01', 'web02', undefined],
  ]);
  expect(frame()[9]).toBe('  web45  syncCache           failed');
  expect(frame().at(-1)).toBe('  38 more, 0 at work');
  expect(screen.lines().length).toBeLessThan(24);
  tell(...FIFTY.map(begun('postUpload')), failed('web50'), failed('web49'));
  clock.pass(100);
  expect(frame().at(-1)).toBe('  38 more, 36 at work, 2 failed');
});

test('a high window shows more, a very low one only how many are at work', () => {
  const high = started(FIFTY, undefined, 60);
  high.tell(...FIFTY.map(begun('prepare')));
  high.clock.pass(100);
  expect(high.frame()).toHaveLength(31);
  const low = started(FIFTY, undefined, 2);
  low.tell(...FIFTY.map(begun('prepare')));
  low.clock.pass(1_000);
  expect(low.frame()).toEqual(['  50 servers, 50 at work']);
});

test('a server that stays in sight stays in its line', () => {
  const step = fc.record({ server: fc.constantFrom(...FIFTY), kind: fc.constantFrom(begun, done) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 150 }), (walk) => {
      const { tell, clock, screen, frame } = started(FIFTY);
      tell(...FIFTY.slice(0, 30).map(begun('prepare')));
      clock.pass(100);
      const wraps = screen.wraps();
      let before = frame().map(nameOf);
      for (const { server, kind } of walk) {
        tell(kind('prepare')(server));
        clock.pass(100);
        const now = frame().map(nameOf);
        const moved = now.filter((name, line) => before.includes(name) && before[line] !== name);
        expect(moved).toEqual([]);
        expect(new Set(now).size).toBe(13);
        before = now;
      }
      expect(screen.wraps()).toBe(wraps);
    }),
    { numRuns: 40 },
  );
});

test('fifty that fail alike: only the first ones show what was printed', () => {
  const { tell, clock, screen } = started(FIFTY);
  const output = (server: string, line: string): Untimed => ({
    type: 'output',
    server,
    step: 'postUpload',
    stream: 'stderr',
    line,
  });
  for (const name of FIFTY) {
    tell(begun('postUpload')(name), output(name, 'one'), output(name, 'two'), failed(name));
  }
  clock.pass(100);
  const printed = screen.lines().filter((line) => line.includes(' | '));
  expect(printed).toEqual(
    ['web01', 'web02', 'web03'].flatMap((name) => [`[${name}] | one`, `[${name}] | two`]),
  );
  expect(screen.lines().filter((line) => line.startsWith('✗'))).toHaveLength(50);
});

test('batch by batch: who is ready, armed and live, and when the next batch follows', () => {
  const names = ['web1', 'web2', 'web3'];
  const changes = { strategy: 'sequential', batches: [['web1', 'web2'], ['web3']], pauseMs: 60_000 } as const;
  const { tell, clock, frame } = started(names, samplePlan(names, { ...plain, ...changes }));
  tell(...names.map(begun('postUpload')), ...names.map(done('postUpload')));
  clock.pass(100);
  expect(frame()).toEqual([
    '  web1  postUpload          ready, batch 1 of 2',
    '  web2  postUpload          ready, batch 1 of 2',
    '  web3  postUpload          ready, batch 2 of 2',
  ]);
  tell(begun('activate')('web1'), begun('activate')('web2'), { type: 'armed', server: 'web1' });
  clock.pass(1_000);
  expect(frame()).toEqual([
    '  web1  activate       1 s  armed, waits for the others',
    '  web2  activate       1 s',
    '  web3  postUpload          ready, batch 2 of 2',
    '  Batch 1 of 2 changes over',
  ]);
  for (const name of ['web1', 'web2'])
    tell(done('activate')(name), begun('postLaunch')(name), done('postLaunch')(name));
  clock.pass(20_000);
  expect(frame()).toEqual([
    '  web1  postLaunch          live',
    '  web2  postLaunch          live',
    '  web3  postUpload          ready, batch 2 of 2',
    '  Batch 1 of 2 is live, the next one follows in 40 s',
  ]);
  tell(begun('activate')('web3'));
  clock.pass(100);
  expect(frame().at(-1)).toBe('  Batch 2 of 2 changes over');
  tell(done('activate')('web3'), begun('postLaunch')('web3'), done('postLaunch')('web3'));
  clock.pass(100);
  expect(frame().at(-1)).toBe('  web3  postLaunch          live');
});
