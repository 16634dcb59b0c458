import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeLines, escapeRemote, jsonText } from './escape.ts';

const forbidden = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const ciCommand = /^\s*::|##\w*\[/;

/** Mostly what can do harm. */
const hostile = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)),
      fc.constantFrom(
        '\u061c',
        '\u200e',
        '\u200f',
        '\u2028',
        '\u2029',
        '\u202a',
        '\u202e',
        '\u2066',
        '\u2069',
      ),
      fc.constantFrom('::', ':', '#', '##', '[', 'vso', ' ', '\x1b]0;title\x07', '\x1b[2J', '日本', '🛒'),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join(''));

test('nothing that a terminal or a CI service could act on is left', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const escaped = escapeRemote(text);
      expect(escaped).not.toMatch(forbidden);
      expect(escaped).not.toMatch(ciCommand);
    }),
    { numRuns: 2_000 },
  );
});

test('ordinary text stays as it is, tabs, accents, emoji and colons included', () => {
  for (const text of ['a\tb', 'Grüße', 'e\u0301', '日本 👩‍👩‍👧', 'Foo::bar [x] # y ## z', 'C:\\dir']) {
    expect(escapeRemote(text)).toBe(text);
  }
});

test('what is escaped can be read', () => {
  expect(escapeRemote('\x1b[31mred\x07\r')).toBe('\\x1B[31mred\\x07\\x0D');
  expect(escapeRemote('\x9b2J')).toBe('\\x9B2J');
  expect(escapeRemote('a\u202etxt.exe')).toBe('a\\u{202E}txt.exe');
  expect(escapeRemote('::set-env name=PATH::/evil')).toBe('\\x3A:set-env name=PATH::/evil');
  expect(escapeRemote('  ::add-mask::x')).toBe('  \\x3A:add-mask::x');
  expect(escapeRemote('see ##vso[task.setvariable]x')).toBe('see \\x23#vso[task.setvariable]x');
  expect(escapeRemote('see ###[add-path]/evil')).toBe('see #\\x23#[add-path]/evil');
});

test('lines are split at both kinds of line end and not at others', () => {
  expect(escapeLines('one\r\ntwo\nthree\rfour\n')).toEqual(['one', 'two', 'three\\x0Dfour']);
  expect(escapeLines('')).toEqual(['']);
});

test('JSON holds none of the characters and reads back as it was', () => {
  fc.assert(
    fc.property(hostile, fc.constantFrom(0, 2), (text, indent) => {
      const json = jsonText({ [text]: [text] }, indent);
      expect(json.replaceAll('\n', '')).not.toMatch(forbidden);
      expect(json).not.toMatch(ciCommand);
      expect(JSON.parse(json)).toEqual({ [text]: [text] });
    }),
    { numRuns: 2_000 },
  );
});
