import assert from 'node:assert/strict';
import { errorCode } from '../../contract/index.ts';
import { failureOf, printed, rejectsWith, sh } from './expectations.ts';
import { open, type Rule, rule } from './place.ts';

const ODD_WORDS = [
  '',
  ' ',
  "it's",
  "''",
  '"',
  '$(id)',
  '$HOME',
  '`id`',
  '-rf',
  '--',
  '*',
  '?',
  '[a-z]',
  '~',
  '#',
  '!!',
  '%s',
  '\\',
  '\\n',
  '{a,b}',
  ';',
  '|',
  '&&',
  '<(id)',
  'a=b',
  'two\nlines\n',
  '\ttab',
  '\u0001\u001b[1m',
  'ü',
  'u\u0308',
  '日本語',
  '\u{1f680}',
  '\u202e',
];

export const wordRules: readonly Rule[] = [
  rule('exec: every word arrives as it is', ['exec', 'posixShell'], async (place) => {
    await using opened = await open(place);
    const out = await opened.run({ argv: ['printf', '[%s]', ...ODD_WORDS] });
    assert.equal(printed(out), ODD_WORDS.map((word) => `[${word}]`).join(''));
  }),

  rule('exec: a word of 100,000 bytes arrives', ['exec', 'posixShell'], async (place) => {
    await using opened = await open(place);
    const out = await opened.run({ argv: sh('printf %s "$1" | wc -c', 'x'.repeat(100_000)) });
    assert.equal(printed(out).trim(), '100000');
  }),

  rule('exec: a program that is not there is no success', ['exec'], async (place) => {
    await using opened = await open(place);
    const run = opened.run({ argv: ['no-such-program-anywhere', 'x'] });
    const end = await run.then(
      ({ exit }) => exit,
      (error: unknown) => errorCode(error),
    );
    const isCode = typeof end === 'object' && end?.type === 'code' && end.code !== 0;
    assert.ok(isCode || end === 'E_CAPABILITY', `It ended with ${JSON.stringify(end)}.`);
    assert.equal(printed(await opened.run({ argv: ['echo', 'alive'] })), 'alive\n');
  }),

  rule('exec: a NUL byte, or no word at all, never leaves', ['exec'], async (place) => {
    await using opened = await open(place);
    await rejectsWith(opened.run({ argv: ['echo', 'a\0b'] }), 'E_USAGE');
    await rejectsWith(opened.run({ argv: [] }), 'E_USAGE');
    assert.equal(printed(await opened.run({ argv: ['echo', 'alive'] })), 'alive\n');
  }),

  rule('exec: without a shell in between no word is special', ['exec'], async (place) => {
    await using opened = await open(place);
    const script = "printf '[%s]' \"it's\" '$HOME' '*' -rf\n";
    const out = await opened.run({ argv: ['sh', '-s'], stdin: script });
    assert.equal(printed(out), "[it's][$HOME][*][-rf]");
  }),

  rule('exec: a signal that has fired starts nothing', ['exec'], async (place) => {
    await using opened = await open(place);
    const reason = new Error('over before it began');
    const run = opened.run({ argv: ['echo', 'x'], signal: AbortSignal.abort(reason) });
    assert.equal(await failureOf(run), reason);
  }),
];
