import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Terminal } from '../terminal.ts';
import { manualClock } from '../testing/manualClock.ts';
import { samplePlan, sampleServer, timed, type Untimed } from '../testing/samples.ts';
import { linesReporter } from './lines.ts';

function told(color = false) {
  const writes: string[] = [];
  const terminal: Terminal = {
    write: (text) => writes.push(text),
    isTTY: false,
    columns: 80,
    rows: 24,
    color,
  };
  const clock = manualClock();
  const reporter = linesReporter(terminal, clock);
  const tell = (...events: readonly Untimed[]) => {
    for (const event of events) reporter.event(timed(event));
  };
  return { tell, clock, reporter, writes, text: () => writes.join('') };
}

test('a deployment of one server', () => {
  const { tell, text } = told();
  const server = 'web1';
  tell(
    { type: 'log', server: null, message: 'Reading main' },
    { type: 'opened', plan: samplePlan(['web1']), by: 'ada@laptop' },
    { type: 'log', server, message: 'Connected to deploy@web1:22' },
    { type: 'step.begun', server, step: 'syncCache' },
    {
      type: 'step.done',
      server,
      step: 'syncCache',
      ms: 1_240,
      output: { files: 2, bytes: 3_400_000, removed: 1 },
    },
    { type: 'step.begun', server, step: 'postUpload' },
    { type: 'command', server, step: 'postUpload', run: 'composer install\nphp artisan optimize' },
    { type: 'output', server, step: 'postUpload', stream: 'stdout', line: 'Installing\r' },
    { type: 'output', server, step: 'postUpload', stream: 'stderr', line: '::set-env name=A::b' },
    { type: 'step.done', server, step: 'postUpload', ms: 52, output: null },
    { type: 'problem', server, message: 'Could not remove 20261101101010:\nPermission denied' },
    { type: 'closed', outcome: 'committed' },
  );
  expect(text()).toBe(
    [
      'Reading main',
      'Deploying shop to production as 20261121193811 on web1, by ada@laptop',
      '  abc1234 (main) Fix the cart',
      '[web1] Connected to deploy@web1:22',
      '[web1] syncCache … 2 files, 3.4 MB to send, 1 to remove',
      '[web1] syncCache done, 2 files, 3.4 MB sent, 1 removed, 1.2 s',
      '[web1] postUpload …',
      '[web1] $ composer install',
      '[web1] > php artisan optimize',
      '[web1] | Installing',
      '[web1] | \\x3A:set-env name=A::b',
      '[web1] postUpload done, 52 ms',
      '[web1] Problem: Could not remove 20261101101010:',
      '[web1]   Permission denied',
      '',
    ].join('\n'),
  );
});

test.each([
  ['revert-all', 'every server goes back to what it served before'],
  ['revert-server', 'whoever does not stay by onFailure: revert-server goes back to what it served before'],
  ['keep', 'whoever does not stay by onFailure: keep goes back to what it served before'],
] as const)('under %s it is said who goes back', (onFailure, who) => {
  const { tell, text } = told();
  const plan = { ...samplePlan(['web1', 'web2']), onFailure };
  tell({ type: 'opened', plan, by: 'ada@laptop' }, { type: 'undo.begun', server: 'web2' });
  expect(text()).toContain(`Compensating: ${who}.\n`);
});

test('a failure and what the group made of it', () => {
  const { tell, text } = told();
  const failure = {
    code: 'E_COMMAND',
    message: '`false` ended with status 1\nlast words',
    hint: null,
  } as const;
  tell(
    { type: 'step.begun', server: 'web2', step: 'postUpload' },
    { type: 'step.failed', server: 'web2', step: 'postUpload', ms: 3_200, failure },
    { type: 'undo.begun', server: 'web1' },
    { type: 'undo.begun', server: 'web2' },
    { type: 'undo.done', server: 'web1', ms: 40, output: null },
    { type: 'undo.failed', server: 'web2', ms: 41, failure: { ...failure, message: 'Connection lost' } },
  );
  expect(text()).toBe(
    [
      '[web2] postUpload …',
      '[web2] postUpload failed after 3.2 s: `false` ended with status 1',
      '[web2]   last words',
      'Compensating: every server goes back to what it served before.',
      '[web1] undo …',
      '[web2] undo …',
      '[web1] undo done, 40 ms',
      '[web2] undo failed after 41 ms: Connection lost',
      '',
    ].join('\n'),
  );
});

test('a rollback that somebody stops', () => {
  const { tell, text } = told();
  tell(
    {
      type: 'opened',
      plan: samplePlan(['web1', 'web2'], { kind: 'rollback', revision: null, branch: null, message: null }),
      by: 'ci',
    },
    { type: 'cancelled' },
  );
  expect(text()).toBe(
    'Rolling shop back on production to 20261121193811 on web1, web2, by ci\nAsked to stop: what was begun is undone.\n',
  );
});

test('a rollback tells of the steps that it has, and of no others', () => {
  const { tell, text } = told();
  const server = 'web1';
  const plan = samplePlan([server], { kind: 'rollback', revision: null, branch: null, message: null });
  tell({ type: 'opened', plan, by: 'ci' });
  for (const step of ['prepare', 'syncCache', 'activate'] as const) {
    tell({ type: 'step.begun', server, step }, { type: 'step.done', server, step, ms: 0, output: null });
  }
  expect(text().split('\n').slice(1)).toEqual([
    '[web1] prepare …',
    '[web1] prepare done, 0 ms',
    '[web1] activate …',
    '[web1] activate done, 0 ms',
    '',
  ]);
});

test('what somebody takes back: nothing is told of what is not done for it', () => {
  const { tell, text } = told();
  const stopped = { code: 'E_INTERRUPTED', message: 'Interrupted before postUpload.', hint: null } as const;
  const server = 'web1';
  tell(
    { type: 'resumed', plan: samplePlan([server]), by: 'ada', abort: true },
    { type: 'step.begun', server, step: 'postUpload' },
    { type: 'cancelled' },
    { type: 'step.failed', server, step: 'postUpload', ms: 0, failure: stopped },
    { type: 'undo.begun', server },
    { type: 'undo.done', server, ms: 40, output: null },
  );
  expect(text().split('\n')).toEqual([
    'Taking back 20261121193811 on web1',
    'Compensating: every server goes back to what it served before.',
    '[web1] undo …',
    '[web1] undo done, 40 ms',
    '',
  ]);
});

test('what stops nothing is not called a failure, and no server is named twice', () => {
  const { tell, text } = told(true);
  const stopped = { code: 'E_INTERRUPTED', message: 'Interrupted before activate.', hint: null } as const;
  const kept = { code: 'E_REMOTE', message: 'web1: Permission denied', hint: null } as const;
  tell(
    { type: 'step.failed', server: 'web1', step: 'activate', ms: 0, failure: stopped },
    { type: 'step.failed', server: 'web1', step: 'prune', ms: 5, failure: kept },
    { type: 'step.failed', server: 'web1', step: 'prepare', ms: 5, failure: kept },
    { type: 'problem', server: 'web1', message: 'web1: no space left' },
  );
  expect(text()).toBe(
    [
      '\x1b[2m[web1]\x1b[22m \x1b[33mactivate stopped after 0 ms\x1b[39m: Interrupted before activate.',
      '\x1b[2m[web1]\x1b[22m \x1b[33mprune failed after 5 ms\x1b[39m: Permission denied',
      '\x1b[2m[web1]\x1b[22m \x1b[31mprepare failed after 5 ms\x1b[39m: Permission denied',
      '\x1b[2m[web1]\x1b[22m \x1b[33mProblem\x1b[39m: no space left',
      '',
    ].join('\n'),
  );
});

test('an upload is told of every five seconds, and not at its end', () => {
  const { tell, clock, text } = told();
  const server = 'web1';
  const progress = (doneBytes: number) =>
    tell({ type: 'progress', server, step: 'syncCache', doneBytes, totalBytes: 2_000_000 });
  tell({ type: 'step.begun', server, step: 'syncCache' });
  for (const doneBytes of [0, 250_000, 500_000, 750_000, 1_000_000, 1_250_000, 2_000_000]) {
    progress(doneBytes);
    clock.pass(2_000);
  }
  expect(text()).toBe('[web1] syncCache …\n[web1] syncCache 750 kB of 2.0 MB (37 %)\n');
});

test('nothing to send is not told of', () => {
  const { tell, text } = told();
  const idle = sampleServer('web1', {
    changes: { added: 0, updated: 0, removed: 0, bytes: 0, sinceLive: true },
  });
  tell({
    type: 'opened',
    plan: samplePlan([], { servers: [idle], revision: null, branch: null, message: null }),
    by: 'ci',
  });
  tell({ type: 'step.begun', server: 'web1', step: 'syncCache' });
  expect(text()).toContain('[web1] syncCache …\n');
});

test('a silence of half a minute is broken by saying what runs, until the end', () => {
  const { tell, clock, reporter, text } = told();
  tell({ type: 'step.begun', server: 'web1', step: 'postUpload' });
  clock.pass(10_000);
  tell({ type: 'step.begun', server: 'web2', step: 'syncCache' });
  clock.pass(29_000);
  expect(text()).not.toContain('Still');
  clock.pass(1_000);
  expect(text()).toMatch(/Still running: postUpload on web1 \(40 s\), syncCache on web2 \(30 s\)\.\n$/);
  reporter.end();
  expect(clock.timers()).toBe(0);
});

test('no line begins with what a server said, and none is written in parts', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (line) => {
      const { tell, writes } = told();
      tell({ type: 'output', server: 'web1', step: 'postUpload', stream: 'stdout', line });
      expect(writes).toHaveLength(1);
      expect(writes[0]).toMatch(/\n$/);
      for (const written of writes[0]!.slice(0, -1).split('\n')) expect(written).toMatch(/^\[web1\] \| /);
    }),
  );
});

test('colours only where they are wanted', () => {
  const { tell, text } = told(true);
  tell({ type: 'step.done', server: 'web1', step: 'prepare', ms: 5, output: null });
  expect(text()).toBe('\x1b[2m[web1]\x1b[22m prepare \x1b[32mdone\x1b[39m, 5 ms\n');
});

test('names of different lengths: what is said begins in one column', () => {
  const { tell, text } = told();
  const names = ['web1', 'database'];
  tell({
    type: 'opened',
    plan: samplePlan(names, { revision: null, branch: null, message: null }),
    by: 'ci',
  });
  tell(...names.map((server): Untimed => ({ type: 'step.begun', server, step: 'prepare' })));
  expect(text().split('\n').slice(1)).toEqual(['[web1]     prepare …', '[database] prepare …', '']);
});

test('fifty servers at once: every write is whole lines, each of one server', () => {
  const { tell, writes } = told();
  const names = Array.from({ length: 50 }, (_, index) => `web${index}`);
  for (let line = 0; line < 20; line += 1) {
    for (const server of names) {
      const text = `line ${line} of ${server}\rover\n[web7] | forged`;
      tell({ type: 'output', server, step: 'postUpload', stream: 'stdout', line: text });
    }
  }
  expect(writes).toHaveLength(1_000);
  for (const [index, written] of writes.entries()) {
    const server = names[index % 50];
    expect(written).toBe(
      `[${server}] | line ${Math.floor(index / 50)} of ${server}\\x0Dover\n[${server}] | [web7] | forged\n`,
    );
  }
});
