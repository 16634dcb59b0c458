import { expect, test } from 'vitest';
import { createStyle } from '../style.ts';
import { newRelease, nothingSent, oldRelease, sampleResult, sampleServerResult } from '../testing/samples.ts';
import { renderTransaction } from './transaction.ts';

const plain = createStyle(false);

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
