import { expect, test } from 'vitest';
import { newRelease, oldRelease, sampleResult, sampleServerResult } from '../testing/samples.ts';
import { errorSummary, transactionSummary } from './summary.ts';

const broken = { code: 'E_COMMAND', message: 'It broke', hint: 'Mend | it.', step: 'postUpload' } as const;

test('the headline, why, and the table of servers by steps', () => {
  const servers = [
    sampleServerResult('web1', {
      outcome: 'compensated',
      current: oldRelease,
      steps: [{ name: 'prepare', ms: 120 }],
    }),
    sampleServerResult('web2', {
      outcome: 'compensated',
      current: oldRelease,
      steps: [{ name: 'postUpload', ms: 9 }],
      failure: broken,
    }),
  ];
  const result = sampleResult(servers, { outcome: 'compensated', problems: ['web1: old releases stay'] });
  expect(transactionSummary(result).split('\n')).toEqual([
    `### production\\: compensated, ${newRelease}`,
    '',
    `✗ Nothing changed\\: every server serves the old release ${oldRelease}\\.`,
    '',
    'web2 failed in postUpload\\: It broke<br>Hint\\: Mend \\| it\\.',
    '',
    '| server | prepare | postUpload | sent |',
    '| --- | ---: | ---: | --- |',
    '| **web2** | \\- | **failed** | 3\\.4 MB |',
    '| **web1** | 120 ms | \\- | 3\\.4 MB |',
    '',
    '1 problem\\:<br>\\! web1\\: old releases stay',
    '',
  ]);
});

test('what a server said is shown and is no markup, no link, no formula and no cell', () => {
  const message = '<img src=x onerror=1> [a](http://b.c) www.b.c `c` $x$ **d** &lt; |\n# e';
  const text = errorSummary({ code: 'E_REMOTE', message, hint: null });
  expect(text.split('\n')).toEqual([
    '### ✗ E\\_REMOTE',
    '',
    '&#60;img src\\=x onerror\\=1&#62; \\[a\\](http\\://b\\.c) w\u200bww\\.b\\.c \\`c\\` &#36;x&#36; \\*\\*d\\*\\* &#38;lt; \\|<br>\\# e',
    '',
  ]);
});

test('a very long text is cut, so that GitHub takes the summary', () => {
  const message = Array.from({ length: 10_000 }, () => 'x'.repeat(10_000)).join('\n');
  expect(errorSummary({ code: 'E_REMOTE', message, hint: null }).length).toBeLessThan(300_000);
});
