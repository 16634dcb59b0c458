import fc from 'fast-check';
import { expect, test } from 'vitest';
import { manualClock } from '../testing/manualClock.ts';
import { samplePlan, timed, type Untimed } from '../testing/samples.ts';
import { createScreen } from '../testing/screen.ts';
import { liveReporter } from './live.ts';

function started(names: readonly string[], columns = 80, rows = 24, color = false) {
  const screen = createScreen(columns, rows, color);
  const clock = manualClock();
  const reporter = liveReporter(screen, clock);
  const tell = (...events: readonly Untimed[]) => {
    for (const event of events) reporter.event(timed(event));
  };
  const plan = samplePlan(names, { revision: null, branch: null, message: null });
  tell({ type: 'opened', plan, by: 'ada@laptop' });
  return { tell, clock, reporter, screen };
}

test('a rollback tells of the steps that it has, and of no others', () => {
  const { tell, reporter, screen } = started(['web1']);
  const plan = samplePlan(['web1'], { kind: 'rollback', revision: null, branch: null, message: null });
  tell({ type: 'opened', plan, by: 'ada@laptop' }, begun('web1'), done('web1'));
  tell({ type: 'step.done', server: 'web1', step: 'prepare', ms: 5, output: null });
  reporter.end();
  expect(screen.lines().filter((line) => line.startsWith('✓'))).toEqual(['✓ prepare      5 ms']);
});

const step = 'syncCache';
const begun = (server: string): Untimed => ({ type: 'step.begun', server, step });
const done = (server: string, ms = 1_200): Untimed => ({ type: 'step.done', server, step, ms, output: null });
const output = (server: string, line: string): Untimed => ({
  type: 'output',
  server,
  step: 'postUpload',
  stream: 'stdout',
  line,
});
const title = 'Deploying shop to production as 20261121193811 on web1, web2, by ada@laptop';

test('each server has a line that is drawn over, and what is done stays above', () => {
  const { tell, clock, screen, reporter } = started(['web1', 'web2']);
  tell(begun('web1'), begun('web2'));
  tell({ type: 'progress', server: 'web1', step, doneBytes: 1_700_000, totalBytes: 3_400_000 });
  clock.pass(2_000);
  expect(screen.lines()).toEqual([
    title,
    '  web1  syncCache      2 s  1.7 MB of 3.4 MB (50 %)',
    '  web2  syncCache      2 s',
  ]);
  tell(done('web1'));
  clock.pass(100);
  expect(screen.lines()).toEqual([title, '  web1  syncCache           done', '  web2  syncCache      2 s']);
  tell(done('web2', 2_100));
  tell({ type: 'step.begun', server: 'web1', step: 'postUpload' });
  tell({ type: 'command', server: 'web1', step: 'postUpload', run: 'composer install' });
  clock.pass(100);
  expect(screen.lines()).toEqual([
    title,
    '✓ syncCache    2.1 s  on 2 servers',
    '  web1  postUpload     0 s  $ composer install',
    '  web2  syncCache           done',
  ]);
  tell(output('web1', '\tInstalling\r'));
  clock.pass(100);
  expect(screen.lines()[2]).toBe('  web1  postUpload     0 s  Installing');
  tell({ type: 'closed', outcome: 'committed' });
  reporter.end();
  expect(screen.lines()).toEqual([title, '✓ syncCache    2.1 s  on 2 servers']);
});

test('a failure shows the last lines of output and what the group made of it', () => {
  const { tell, clock, screen, reporter } = started(['web1', 'web2']);
  tell(begun('web1'), begun('web2'), done('web1'));
  for (let line = 1; line <= 12; line += 1) tell(output('web2', `line ${line}\x07`));
  const failure = { code: 'E_COMMAND', message: 'It broke\ntwice', hint: null } as const;
  tell({ type: 'step.failed', server: 'web2', step, ms: 3_200, failure });
  tell({ type: 'undo.begun', server: 'web1' }, { type: 'undo.begun', server: 'web2' });
  tell({ type: 'undo.done', server: 'web1', ms: 40, output: null });
  clock.pass(100);
  const story = [
    title,
    ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((line) => `[web2] | line ${line}\\x07`),
    '✗ web2 syncCache failed after 3.2 s: It broke',
    '    twice',
    '✓ syncCache    1.2 s  on 1 of 2 servers',
    'Compensating: every server goes back to what it served before.',
  ];
  expect(screen.lines()).toEqual([
    ...story,
    '  web1  undo                done',
    '  web2  undo           0 s',
  ]);
  tell({ type: 'undo.failed', server: 'web2', ms: 41, failure: { ...failure, message: 'Connection lost' } });
  reporter.end();
  expect(screen.lines()).toEqual([
    ...story,
    '✗ web2 undo failed after 41 ms: Connection lost',
    '✓ undo         40 ms  on 1 of 2 servers',
  ]);
});

test('problems and remarks stand in the story', () => {
  const { tell, clock, screen } = started(['web1', 'web2']);
  tell(
    { type: 'problem', server: 'web1', message: 'Not removed\x1b' },
    { type: 'problem', server: null, message: 'No mail\nat all' },
  );
  tell({ type: 'log', server: null, message: 'Waiting' }, { type: 'cancelled' });
  const stopped = { code: 'E_INTERRUPTED', message: 'Interrupted before activate.', hint: null } as const;
  tell({ type: 'step.failed', server: 'web2', step: 'activate', ms: 0, failure: stopped });
  tell({ type: 'closed', outcome: 'compensated' });
  clock.pass(100);
  expect(screen.lines()).toEqual([
    title,
    '! web1: Not removed\\x1B',
    '! No mail',
    '  at all',
    'Waiting',
    'Asked to stop: what was begun is undone.',
    '! web2 activate stopped after 0 ms: Interrupted before activate.',
  ]);
});

test('what somebody takes back: nothing is told of what is not done for it', () => {
  const { tell, clock, screen } = started(['web1', 'web2']);
  const stopped = { code: 'E_INTERRUPTED', message: 'Interrupted before syncCache.', hint: null } as const;
  tell({ type: 'resumed', plan: samplePlan(['web1', 'web2']), by: 'ada', abort: true }, begun('web2'));
  tell({ type: 'cancelled' }, { type: 'step.failed', server: 'web2', step, ms: 0, failure: stopped });
  clock.pass(100);
  expect(screen.lines()).toEqual([title, 'Taking back 20261121193811 on web1, web2']);
});

test('with many servers those at work are shown, and the rest is counted', () => {
  const names = Array.from({ length: 30 }, (_, index) => `web${index + 1}`);
  const { tell, clock, screen } = started(names);
  tell(...names.slice(20).map(begun));
  clock.pass(100);
  const lines = screen.lines().slice(-13);
  expect(lines.slice(0, 10).map((line) => line.trim().split(/ +/)[0])).toEqual(names.slice(20));
  expect(lines[10]).toBe('  web1                       waiting');
  expect(lines[12]).toBe('  18 more, 0 at work');
});

test('a long name leaves room for the step', () => {
  const { tell, clock, screen } = started([], 60);
  tell(begun('a-server-with-a-name-that-goes-on-and-on'));
  clock.pass(100);
  expect(screen.lines().at(-1)).toBe('  a-server-with-a-name-th…  syncCache      0 s');
});

test('a short line of the story leaves nothing of the row that stood there', () => {
  const { tell, clock, screen } = started(['web1', 'web2']);
  tell(begun('web1'), { type: 'log', server: null, message: 'first' });
  clock.pass(100);
  tell({ type: 'log', server: null, message: 'hi' });
  clock.pass(100);
  expect(screen.lines().slice(1, 4)).toEqual(['first', 'hi', '  web1  syncCache      0 s']);
});

test('a small window keeps the frame inside it', () => {
  const names = ['web1', 'web2', 'web3', 'web4', 'web5', 'web6'];
  const { tell, clock, screen } = started(names, 60, 5);
  tell(...names.map(begun));
  clock.pass(1_000);
  expect(screen.lines().slice(-4)).toEqual([
    '  web1  syncCache      1 s',
    '  web2  syncCache      1 s',
    '  web3  syncCache      1 s',
    '  3 more, 3 at work',
  ]);
});

test('a window made wider or narrower leaves nothing behind', () => {
  const { tell, clock, screen } = started(['web1', 'web2'], 80);
  tell(begun('web1'), begun('web2'));
  clock.pass(100);
  screen.columns = 100;
  clock.pass(1_000);
  expect(screen.lines()).toEqual([title, '  web1  syncCache      1 s', '  web2  syncCache      1 s']);
});

test('the cursor is hidden while there is a frame, and comes back', () => {
  const { tell, clock, screen, reporter } = started(['web1', 'web2']);
  tell(begun('web1'));
  clock.pass(100);
  expect(screen.isCursorVisible()).toBe(false);
  reporter.end();
  expect(screen.isCursorVisible()).toBe(true);
  expect(clock.timers()).toBe(0);
  const { length } = screen.lines();
  tell(begun('web2'));
  reporter.end();
  expect(screen.lines()).toHaveLength(length);
});

test('a terminal that was never drawn on gets nothing', () => {
  const screen = createScreen(80, 24);
  liveReporter(screen, manualClock()).end();
  expect(screen.writes()).toBe(0);
});

test('it draws at most ten times a second, and only what has changed', () => {
  const { tell, clock, screen } = started(['web1', 'web2']);
  tell(begun('web1'));
  clock.pass(100);
  const before = screen.writes();
  for (let line = 0; line < 10_000; line += 1) {
    tell(output('web1', `line ${line}`));
    if (line % 10 === 0) clock.pass(1);
  }
  expect(screen.writes() - before).toBeLessThanOrEqual(10);
  clock.pass(100);
  const settled = screen.writes();
  clock.pass(800);
  expect(screen.writes() - settled).toBeLessThanOrEqual(1);
});

test('a story without a known plan waits with its counts until the end', () => {
  const screen = createScreen(80, 24);
  const clock = manualClock();
  const reporter = liveReporter(screen, clock);
  for (const event of [begun('web1'), done('web1'), begun('web2'), done('web2')])
    reporter.event(timed(event));
  clock.pass(100);
  expect(screen.lines()).toEqual(['  web1  syncCache           done', '  web2  syncCache           done']);
  reporter.end();
  expect(screen.lines()).toEqual(['✓ syncCache    1.2 s  on 2 servers']);
});

const piece = fc.oneof(
  fc.constantFrom(
    '👩\u200d👩\u200d👧',
    '🛒',
    '❤\ufe0f',
    '日本語',
    '한국어',
    'e\u0301\u0302',
    '\x1b[31m',
    '\x1b[2J',
    '\x1b]0;t\x07',
  ),
  fc.constantFrom('\t', '\r', '\n', '\x9b5A', '\u202e', 'a', ' ', 'word'),
);

test('no row is ever wider than the terminal, whatever a server says', () => {
  const hostile = fc.array(piece, { maxLength: 80 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(
      hostile,
      hostile,
      fc.integer({ min: 2, max: 90 }),
      fc.boolean(),
      (line, name, columns, color) => {
        const { tell, clock, screen } = started([], columns, 24, color);
        clock.pass(100);
        const before = screen.wraps();
        tell(begun(name), output(name, line), { type: 'step.begun', server: 'web2', step });
        tell({ type: 'command', server: 'web2', step, run: line });
        clock.pass(100);
        expect(screen.wraps() - before).toBe(0);
      },
    ),
    { numRuns: 500 },
  );
});
