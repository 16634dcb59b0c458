import { expect, test } from 'vitest';
import { createStyle } from '../style.ts';
import { nothingSent, oldRelease, sampleResult, sampleServerResult } from '../testing/samples.ts';
import { renderTransaction } from './transaction.ts';

const plain = createStyle(false);

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
