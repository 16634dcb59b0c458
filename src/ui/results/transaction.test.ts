import { expect, test } from 'vitest';
import { STEPS } from '../../core/contract/index.ts';
import type { ServerResult, TransactionResult } from '../../core/operations/results.ts';
import { createStyle } from '../style.ts';
import { newRelease, oldRelease, sampleResult, sampleServerResult } from '../testing/samples.ts';
import { renderTransaction } from './transaction.ts';

const plain = createStyle(false);
const nothingSent = { uploaded: { files: 0, bytes: 0 }, removed: 0, steps: [] };

test('committed on one server', () => {
  expect(renderTransaction(sampleResult([sampleServerResult('web1')]), plain)).toEqual([
    '✓ web1 now serves 20261121193811 (abc1234, 1.2 s)',
    '  Sent 2 files, 3.4 MB; removed 1 file.',
  ]);
});

test('committed on several, with the times of each step', () => {
  const result = sampleResult(
    [
      sampleServerResult('web1'),
      sampleServerResult('web2', {
        uploaded: { files: 0, bytes: 0 },
        steps: [
          { name: 'prepare', ms: 2_000 },
          { name: 'activate', ms: 5 },
        ],
      }),
    ],
    { tookMs: 3_100, activationSkewMs: 3, problems: ['web1: old releases stay:\nPermission denied'] },
  );
  expect(renderTransaction(result, plain)).toEqual([
    '✓ web1, web2 now serve 20261121193811 (abc1234, 3.1 s, switched within 3 ms)',
    '',
    '        prepare  syncCache  activate  sent',
    '  web1   120 ms      1.1 s         -  3.4 MB',
    '  web2    2.0 s          -      5 ms  -',
    '',
    '1 problem that stopped nothing:',
    '  ! web1: old releases stay:',
    '    Permission denied',
  ]);
});

test('what a server serves is said as it was read, also when it is not the new release', () => {
  const result = sampleResult([
    sampleServerResult('web1', nothingSent),
    sampleServerResult('web2', { ...nothingSent, current: '20261121193999' }),
  ]);
  expect(renderTransaction(result, plain)).toEqual([
    '! The group is split: 1 of 2 servers serve 20261121193811 (abc1234, 1.2 s)',
    '  web1  20261121193811 (the new release)',
    '  web2  20261121193999',
    '  Next: correct what failed; then "cutover catch-up production" brings 20261121193811 to the others,',
    '        or "cutover deploy production" brings the next release to all.',
  ]);
});

test('nothing to do', () => {
  const server = { ...nothingSent, outcome: 'unchanged', current: oldRelease } as const;
  const servers = [sampleServerResult('web1', server), sampleServerResult('web2', server)];
  expect(
    renderTransaction(sampleResult(servers, { outcome: 'unchanged', release: oldRelease }), plain),
  ).toEqual(['✓ Nothing to do: web1, web2 already serve 20261120101010 (abc1234)']);
});

test('compensated: what every server serves, then why, once for servers that failed alike', () => {
  const server = { ...nothingSent, outcome: 'compensated', current: oldRelease } as const;
  const failure = (name: string) =>
    ({
      code: 'E_DISK_FULL',
      message: `${name}: no space left\non /srv`,
      hint: 'Free some.',
      step: 'syncCache',
    }) as const;
  const result = sampleResult(
    [
      sampleServerResult('web1', {
        ...server,
        steps: [
          { name: 'prepare', ms: 7 },
          { name: 'syncCache', ms: 8 },
        ],
      }),
      sampleServerResult('web2', {
        ...server,
        failure: failure('web2'),
        steps: [{ name: 'syncCache', ms: 9 }],
      }),
      sampleServerResult('web3', { ...server, failure: failure('web3') }),
    ],
    { outcome: 'compensated' },
  );
  expect(renderTransaction(result, plain)).toEqual([
    '✗ Nothing changed: every server serves the old release 20261120101010.',
    '  web2, web3 failed in syncCache: no space left',
    '    on /srv',
    '    Hint: Free some.',
    '',
    '        prepare  syncCache  sent',
    '  web2        -     failed  -',
    '  web3        -     failed  -',
    '  web1     7 ms       8 ms  -',
  ]);
});

test('compensated after the switch: it was live, so nobody is told that nothing changed', () => {
  const server = {
    ...nothingSent,
    outcome: 'compensated',
    current: oldRelease,
    steps: [{ name: 'activate', ms: 5 }],
  } as const;
  const result = sampleResult([sampleServerResult('web1', server)], { outcome: 'compensated' });
  expect(renderTransaction(result, plain)[0]).toBe(
    `✗ Taken back: web1 serves the old release ${oldRelease}.`,
  );
});

test('compensated, where nothing was live before', () => {
  const failure = { code: 'E_COMMAND', message: 'It said \x1b[2J', hint: null, step: null } as const;
  const server = sampleServerResult('web1', {
    ...nothingSent,
    outcome: 'compensated',
    current: null,
    failure,
  });
  expect(
    renderTransaction(sampleResult([server], { outcome: 'compensated', previous: null }), plain),
  ).toEqual([
    '✗ Nothing changed: nothing was live before, and nothing is now.',
    '  web1 failed: It said \\x1B[2J',
  ]);
});

test('compensated, where servers began with different releases', () => {
  const server = { ...nothingSent, outcome: 'compensated' } as const;
  const result = sampleResult(
    [
      sampleServerResult('web1', { ...server, current: oldRelease }),
      sampleServerResult('web2', { ...server, current: '20261119000000' }),
      sampleServerResult('web3', { ...server, current: null }),
    ],
    { outcome: 'compensated' },
  );
  expect(renderTransaction(result, plain)).toEqual([
    '✗ Nothing changed. Each server serves:',
    '  web1  20261120101010 (the old release)',
    '  web2  20261119000000 (the old release)',
    '  web3  nothing',
  ]);
});

test('interrupted and compensated: the wish to stop is not told of as a failure', () => {
  const failure = {
    code: 'E_INTERRUPTED',
    message: 'Interrupted before activate.',
    hint: null,
    step: 'activate',
  } as const;
  const server = { ...nothingSent, outcome: 'compensated', current: oldRelease } as const;
  const result = sampleResult([sampleServerResult('web1', { ...server, failure })], {
    outcome: 'compensated',
    interrupted: true,
  });
  expect(renderTransaction(result, plain)).toEqual([
    '✗ Interrupted. Nothing changed: web1 serves the old release 20261120101010.',
  ]);
});

test('taken back, as somebody asked, is a success; of what went wrong before that is told', () => {
  const failure = { code: 'E_COMMAND', message: 'It broke', hint: null, step: 'postUpload' } as const;
  const server = { ...nothingSent, outcome: 'compensated', current: oldRelease } as const;
  const result = sampleResult([sampleServerResult('web1', { ...server, failure })], {
    outcome: 'compensated',
  });
  expect(renderTransaction(result, plain, true)).toEqual([
    '✓ Taken back: web1 serves the old release 20261120101010.',
    '  web1 failed in postUpload: It broke',
  ]);
  const others = sampleServerResult('web2', { ...server, current: '20261119000000' });
  expect(renderTransaction({ ...result, servers: [...result.servers, others] }, plain, true)).toEqual(
    expect.arrayContaining(['✓ Taken back. Each server serves:', '  web2  20261119000000 (the old release)']),
  );
  const stranded = sampleServerResult('web1', { ...nothingSent, outcome: 'stranded', current: null });
  expect(renderTransaction(sampleResult([stranded], { outcome: 'stranded' }), plain, true)[0]).toMatch(
    /^✗ Stranded/,
  );
});

test('stranded: what each server serves, or that it could not be read', () => {
  const failure = {
    code: 'E_UNREACHABLE',
    message: 'web3: connection lost',
    hint: 'cutover status production',
    step: 'activate',
  } as const;
  const result = sampleResult(
    [
      sampleServerResult('web1', { ...nothingSent, outcome: 'stranded', current: newRelease }),
      sampleServerResult('web2', { ...nothingSent, outcome: 'compensated', current: oldRelease }),
      sampleServerResult('web3', { ...nothingSent, outcome: 'stranded', current: null, failure }),
    ],
    { outcome: 'stranded' },
  );
  expect(renderTransaction(result, plain)).toEqual([
    '✗ Stranded: a person is needed. Each server serves:',
    '  web1  20261121193811 (the new release)',
    '  web2  20261120101010 (the old release)',
    '  web3  no release could be read',
    '',
    '  web3 failed in activate: connection lost',
    '    Hint: cutover status production',
  ]);
});

test.for(['compensated', 'stranded'] as const)('%s: no problem is called harmless', (outcome) => {
  const server = sampleServerResult('web1', { ...nothingSent, outcome, current: oldRelease });
  const result = sampleResult([server], { outcome, problems: ['web1: the lock was lost while this ran'] });
  expect(renderTransaction(result, plain).slice(-2)).toEqual([
    '1 problem:',
    '  ! web1: the lock was lost while this ran',
  ]);
});

const broken = { code: 'E_COMMAND', message: 'It broke', hint: null, step: 'postLaunch' } as const;
const launched = (ms: number): ServerResult['steps'] => [
  { name: 'activate', ms: 5 },
  { name: 'postLaunch', ms },
];

test('a mixed group: who serves what, in which batch, what became of each, and what to type', () => {
  const servers = [
    sampleServerResult('web1', { ...nothingSent, batch: 1, steps: launched(40) }),
    sampleServerResult('web2', {
      ...nothingSent,
      batch: 2,
      outcome: 'compensated',
      current: oldRelease,
      steps: launched(50),
      failure: broken,
    }),
    sampleServerResult('web3', {
      ...nothingSent,
      batch: 3,
      outcome: 'compensated',
      current: oldRelease,
      steps: [{ name: 'postUpload', ms: 1_500 }],
    }),
  ];
  expect(
    renderTransaction(sampleResult(servers, { tookMs: 1_600, activationSkewMs: 61_000 }), plain),
  ).toEqual([
    '! The group is split: 1 of 3 servers serve 20261121193811 (abc1234, 1.6 s, switched within 1 min 1 s)',
    '  web1  20261121193811 (the new release)',
    '  web2  20261120101010 (the old release)',
    '  web3  20261120101010 (the old release)',
    '',
    '  web2 failed in postLaunch: It broke',
    '  Next: correct what failed; then "cutover catch-up production" brings 20261121193811 to the others,',
    '        or "cutover deploy production" brings the next release to all.',
    '',
    '        batch  outcome      postUpload  activate  postLaunch',
    '  web2  2      compensated           -      5 ms      failed',
    '  web3  3      compensated       1.5 s         -           -',
    '  web1  1      committed             -      5 ms       40 ms',
  ]);
});

test('kept although it failed: all serve the new release, and nobody is told that all is well', () => {
  const servers = [
    sampleServerResult('web1', { ...nothingSent, steps: launched(40) }),
    sampleServerResult('web2', { ...nothingSent, steps: launched(50), failure: broken }),
  ];
  expect(renderTransaction(sampleResult(servers, { tookMs: 55 }), plain)).toEqual([
    '! web1, web2 now serve 20261121193811, and web2 failed and kept it (abc1234, 55 ms)',
    '  web2 failed in postLaunch: It broke',
    '  Next: correct what failed; then "cutover deploy production" brings the next release to all.',
    '        "cutover rollback production" goes back.',
    '',
    '        outcome    activate  postLaunch',
    '  web2  kept           5 ms      failed',
    '  web1  committed      5 ms       40 ms',
  ]);
});

test('what to type behind a failure is what can be done there', () => {
  const kept = sampleServerResult('web1', { failure: broken });
  const old = sampleServerResult('web2', { outcome: 'compensated', current: oldRelease });
  const advice = (servers: readonly ServerResult[], changes: Partial<TransactionResult>) => {
    const lines = renderTransaction(sampleResult(servers, changes), plain);
    const from = lines.findIndex((line) => line.includes('Next:'));
    return lines.slice(from, lines.indexOf('', from));
  };
  expect(advice([kept, kept], { previous: null })).toEqual([
    '  Next: correct what failed; then "cutover deploy production" brings the next release to all.',
  ]);
  expect(advice([kept, kept], { kind: 'rollback' })).toEqual([
    '  Next: correct what failed; then "cutover rollback production --to 20261121193811" launches it once more,',
    '        or "cutover deploy production --unpin" brings the next release to all.',
  ]);
  expect(advice([kept, old], { kind: 'rollback' })).toEqual([
    '  Next: correct what failed; then "cutover rollback production --to 20261121193811" brings 20261121193811 to the others,',
    '        or "cutover deploy production --unpin" brings the next release to all.',
  ]);
});

test('fifty servers: a row for each that fits a terminal, and who serves what in full', () => {
  const steps: ServerResult['steps'] = STEPS.map((name, index) => ({ name, ms: 90 * (index + 1) }));
  const servers = Array.from({ length: 50 }, (_, index) => {
    const name = `web${String(index + 1).padStart(2, '0')}`;
    return index === 30
      ? sampleServerResult(name, { outcome: 'compensated', current: oldRelease, steps, failure: broken })
      : sampleServerResult(name, { steps });
  });
  const lines = renderTransaction(sampleResult(servers), plain);
  const table = lines.slice(0, lines.indexOf(''));
  const from = table.findIndex((line) => line.includes('Cache'));
  expect(table.slice(from - 1, from + 3)).toEqual([
    '                                 sync     link    post              post',
    '         outcome      prepare   Cache  Release  Upload  activate  Launch   prune',
    '  web31  compensated    90 ms  180 ms   270 ms  360 ms    450 ms  failed  630 ms',
    '  web01  committed      90 ms  180 ms   270 ms  360 ms    450 ms  540 ms  630 ms',
  ]);
  expect(table.slice(from + 1)).toHaveLength(50);
  // What matters stands below the long table.
  const [title, few, many] = lines.slice(table.length + 1);
  expect(title).toMatch(/^! The group is split: 49 of 50/);
  expect(few).toBe('  20261120101010 (the old release), 1 server: web31');
  expect(many).toMatch(/^ {2}20261121193811 \(the new release\), 49 servers: web01, web02, .*, web50$/);
  const well = renderTransaction(
    sampleResult(servers.map(({ name }) => sampleServerResult(name, { steps }))),
    plain,
  );
  expect(Math.max(...well.slice(0, well.indexOf('')).map((line) => line.length))).toBeLessThan(81);
});
