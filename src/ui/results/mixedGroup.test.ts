import { expect, test } from 'vitest';
import { STEPS } from '../../core/contract/index.ts';
import type { ServerResult, TransactionResult } from '../../core/operations/results.ts';
import { createStyle } from '../style.ts';
import { nothingSent, oldRelease, sampleResult, sampleServerResult } from '../testing/samples.ts';
import { renderTransaction } from './transaction.ts';

const plain = createStyle(false);

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
