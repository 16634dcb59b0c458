import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StepName } from '../../core/contract/index.ts';
import type { Terminal } from '../terminal.ts';
import { manualClock } from '../testing/manualClock.ts';
import { runnerCommand } from '../testing/runner.ts';
import { samplePlan, timed, type Untimed } from '../testing/samples.ts';
import { storyReporter } from './reporter.ts';

function told() {
  const writes: string[] = [];
  const terminal: Terminal = {
    write: (text) => writes.push(text),
    isTTY: false,
    columns: 80,
    rows: 24,
    color: false,
  };
  const clock = manualClock();
  const reporter = storyReporter(terminal, clock, { GITHUB_ACTIONS: 'true', CI: 'true' });
  const tell = (...events: readonly Untimed[]) => {
    for (const event of events) reporter.event(timed(event));
  };
  return { tell, clock, reporter, lines: () => writes.join('').split('\n').slice(0, -1) };
}

const plain = { revision: null, branch: null, message: null };
const ran = (server: string, step: StepName): readonly Untimed[] => [
  { type: 'step.begun', server, step },
  { type: 'step.done', server, step, ms: 5, output: null },
];
const failure = { code: 'E_COMMAND', message: 'web2: It broke, 100%\ntwice', hint: 'Mend it.' } as const;
const failed = (server: string): Untimed => ({
  type: 'step.failed',
  server,
  step: 'postLaunch',
  ms: 3_200,
  failure,
});

test('a group for each phase, batch by batch', () => {
  const { tell, lines } = told();
  const names = ['web1', 'web2'];
  const plan = samplePlan(names, { ...plain, strategy: 'sequential', batches: [['web1'], ['web2']] });
  tell({ type: 'opened', plan, by: 'ci' });
  tell(...names.flatMap((name) => [...ran(name, 'prepare'), ...ran(name, 'postUpload')]));
  tell(...names.flatMap((name) => [...ran(name, 'activate'), ...ran(name, 'postLaunch')]));
  tell(...names.flatMap((name) => ran(name, 'prune')), { type: 'closed', outcome: 'committed' });
  expect(lines().filter((line) => runnerCommand(line) !== null)).toEqual([
    '::group::Prepare',
    '::endgroup::',
    '::group::Change over, batch 1 of 2',
    '::endgroup::',
    '::group::Change over, batch 2 of 2',
    '::endgroup::',
    '::group::Clean up',
    '::endgroup::',
  ]);
  expect(lines()[0]).toMatch(/^Deploying shop/);
});

test('a failure is an annotation that nothing folds away, and so is a problem', () => {
  const { tell, lines, clock, reporter } = told();
  tell({ type: 'opened', plan: samplePlan(['web1', 'web2'], plain), by: 'ci' });
  tell({ type: 'step.begun', server: 'web2', step: 'postLaunch' }, failed('web2'));
  tell({ type: 'problem', server: 'web1', message: 'Not removed' }, { type: 'undo.begun', server: 'web1' });
  tell({ type: 'undo.done', server: 'web1', ms: 5, output: null });
  clock.pass(60_000);
  reporter.end();
  expect(lines().slice(1)).toEqual([
    '::group::Change over',
    '[web2] postLaunch …',
    '::endgroup::',
    '::error title=web2%3A postLaunch failed::[web2] postLaunch failed after 3.2 s: It broke, 100%25%0A  twice%0AHint: Mend it.',
    '::warning title=web1::[web1] Not removed',
    '::group::Take back',
    'Compensating: every server goes back to what it served before.',
    '[web1] undo …',
    '[web1] undo done, 5 ms',
    '::endgroup::',
  ]);
});

test('of fifty failures as many are annotations as are shown, and the others are lines', () => {
  const { tell, lines } = told();
  const names = Array.from({ length: 50 }, (_, index) => `web${index}`);
  tell(...names.map(failed));
  expect(lines().filter((line) => line.startsWith('::error'))).toHaveLength(10);
  expect(lines().filter((line) => /^\[web\d+\] postLaunch failed/.test(line))).toHaveLength(40);
});

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '::',
        '##[',
        '##',
        '[',
        '#',
        '\n',
        '\r',
        '\t',
        ' ',
        '\u2028',
        '\x85',
        '::set-env name=A::b',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

test('nothing that a server or a commit says is a command for the runner', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const { tell, lines } = told();
      const server = 'web1';
      tell({ type: 'log', server: null, message: text }, { type: 'log', server, message: text });
      const plan = samplePlan(['web1'], { message: text, branch: text, revision: text, application: text });
      tell({ type: 'opened', plan, by: text }, { type: 'resumed', plan, by: text, abort: false });
      tell({ type: 'output', server, step: 'postUpload', stream: 'stdout', line: text });
      tell({ type: 'command', server, step: 'postUpload', run: text });
      expect(lines().filter((line) => runnerCommand(line) !== null)).toEqual([]);
      tell({ ...failed(server), failure: { ...failure, message: text, hint: text } } as Untimed);
      tell({ type: 'problem', server: null, message: text });
      const names = lines().flatMap((line) => runnerCommand(line)?.name ?? []);
      expect(names).toEqual(['error', 'warning']);
    }),
    { numRuns: 300 },
  );
});
