import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { manualClock } from '../testing/manualClock.ts';
import { at, newRelease, samplePlan, timed, type Untimed } from '../testing/samples.ts';
import { redactedReporter } from './redacted.ts';
import { serverLogs } from './serverLogs.ts';

function started(redact = (text: string) => text) {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'cutover-logs-'));
  onTestFinished(() => rmSync(stateDirectory, { recursive: true, force: true }));
  const clock = manualClock();
  const told: string[] = [];
  const logs = serverLogs({ stateDirectory, clock, tellProblem: (message) => told.push(message) });
  const reporter = redactedReporter(logs, redact);
  const tell = (...events: readonly Untimed[]) => {
    for (const event of events) reporter.event(timed(event));
  };
  const environment = join(stateDirectory, 'logs', 'shop-production');
  const directory = join(environment, newRelease);
  const textOf = (server: string) => readFileSync(join(directory, `${server}.log`), 'utf8');
  return { tell, logs, clock, told, environment, directory, textOf };
}

const plain = { revision: null, branch: null, message: null };
const opened = (...names: readonly string[]): Untimed => ({
  type: 'opened',
  plan: samplePlan(names, plain),
  by: 'ada@laptop',
});
const output = (server: string, line: string, stream: 'stdout' | 'stderr' = 'stdout'): Untimed => ({
  type: 'output',
  server,
  step: 'postUpload',
  stream,
  line,
});

test('each server has a file with all that happened there, and what concerns all', () => {
  const { tell, logs, textOf, directory, environment } = started((text) => text.replaceAll('hunter2', '***'));
  const server = 'web1';
  tell({ type: 'log', server, message: 'Connected' }, opened('web1', 'web2'));
  tell({ type: 'step.begun', server, step: 'postUpload' });
  tell({ type: 'command', server, step: 'postUpload', run: 'composer install\nphp artisan optimize' });
  tell(
    output('web1', 'token hunter2\x1b[2J'),
    output('web1', '::error::late', 'stderr'),
    output('web2', 'two'),
  );
  const failure = { code: 'E_COMMAND', message: 'web1: It broke\ntwice', hint: 'Mend it.' } as const;
  tell({ type: 'step.failed', server, step: 'postUpload', ms: 52, failure });
  tell({ type: 'fault', server: null, stack: 'TypeError: hunter2\n    at mail.js:1' });
  tell({ type: 'problem', server: null, message: 'No mail' }, { type: 'closed', outcome: 'compensated' });
  logs.end();
  expect(textOf('web1').split('\n')).toEqual([
    ...[
      'Connected',
      'Deploying shop to production as 20261121193811 on web1, web2, by ada@laptop',
      'postUpload …',
      '$ composer install',
      '> php artisan optimize',
      '| token ***\\x1B[2J',
      '2| \\x3A:error::late',
      'postUpload failed after 52 ms: It broke',
      '  twice',
      '  Hint: Mend it.',
      'Thrown: TypeError: ***',
      '      at mail.js:1',
      'Problem: No mail',
      'The group: compensated',
    ].map((line) => `${at} ${line}`),
    '',
  ]);
  expect(textOf('web2')).toMatch(/ \| two\n\S+ Thrown: .*\n.*\n\S+ Problem: No mail\n/);
  expect(textOf('web2')).not.toContain('token');
  expect(logs.directory()).toBe(directory);
  for (const path of [directory, environment]) expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, 'web1.log')).mode & 0o777).toBe(0o600);
});

test('it is written as it goes, and little of it waits', () => {
  const { tell, clock, textOf } = started();
  tell(opened('web1'), output('web1', 'first'));
  clock.pass(500);
  expect(textOf('web1')).toMatch(/\| first\n$/);
  for (let line = 0; line < 10_000; line += 1) tell(output('web1', `line ${line}`));
  expect(textOf('web1')).toContain('| line 9500\n');
});

test('who goes on with a release, or says more after the end, goes on with its file', () => {
  const first = started();
  first.tell(opened('web1'), output('web1', 'first'));
  first.logs.end();
  first.tell(
    { type: 'resumed', plan: samplePlan(['web1'], plain), by: 'ada', abort: false },
    output('web1', 'second'),
  );
  expect(first.textOf('web1')).toMatch(
    /\| first\n\S+ Going on with 20261121193811 on web1\n\S+ \| second\n$/,
  );
});

test('a full disk is a problem that is told once, and stops nothing', () => {
  const { tell, logs, clock, told, directory } = started();
  mkdirSync(directory, { recursive: true });
  symlinkSync('/dev/full', join(directory, 'web1.log'));
  tell(opened('web1', 'web2'), output('web1', 'first'), output('web2', 'first'));
  clock.pass(500);
  tell(output('web1', 'second'));
  clock.pass(500);
  logs.end();
  expect(told).toEqual([expect.stringMatching(/^the log .*web1\.log could not be written.*ENOSPC/)]);
  expect(logs.problems()).toEqual(told);
});

test('of an environment the logs of the last twenty releases stay, and no file of another one goes', () => {
  const { tell, environment, directory } = started();
  mkdirSync(join(environment, '..', 'shop-staging', '1'), { recursive: true });
  for (let day = 10; day < 35; day += 1) {
    mkdirSync(join(environment, `release${day}`), { recursive: true });
    utimesSync(join(environment, `release${day}`), day, day);
  }
  // Somebody goes back to an old one: it is what happened last.
  mkdirSync(directory);
  utimesSync(directory, 1, 1);
  tell(opened('web1'));
  const days = Array.from({ length: 19 }, (_, index) => `release${index + 16}`);
  expect(readdirSync(environment).sort()).toEqual([newRelease, ...days]);
  expect(readdirSync(join(environment, '..', 'shop-staging'))).toEqual(['1']);
});

test('a release with a name that a server made up stays in its place', () => {
  const { tell, logs, environment } = started();
  tell({ ...opened('web1'), plan: samplePlan(['web1'], { release: '..' }) } as Untimed);
  logs.end();
  expect(readdirSync(environment)).toEqual(['_2e2e']);
});

test('the log of a rollback tells of the steps that it has, and of no others', () => {
  const { tell, logs, textOf } = started();
  const server = 'web1';
  tell({ type: 'opened', plan: samplePlan([server], { ...plain, kind: 'rollback' }), by: 'ada@laptop' });
  for (const step of ['syncCache', 'activate'] as const) {
    tell({ type: 'step.begun', server, step }, { type: 'step.done', server, step, ms: 3, output: null });
  }
  logs.end();
  expect(textOf(server)).toMatch(/ activate done, 3 ms\n$/);
  expect(textOf(server)).not.toContain('syncCache');
});
