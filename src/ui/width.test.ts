import fc from 'fast-check';
import { expect, test } from 'vitest';
import { table } from './table.ts';
import { cut, displayWidth, pad } from './width.ts';

test('wide characters count two, combining marks and colours nothing', () => {
  expect(displayWidth('abc')).toBe(3);
  expect(displayWidth('日本')).toBe(4);
  expect(displayWidth('한')).toBe(2);
  expect(displayWidth('🛒')).toBe(2);
  expect(displayWidth('❤\ufe0f')).toBe(2);
  expect(displayWidth('e\u0301')).toBe(1);
  expect(displayWidth('\x1b[1mab\x1b[22m')).toBe(2);
});

test('a text is cut before the character that does not fit, and its colour ends there', () => {
  expect(cut('abcdef', 6)).toBe('abcdef');
  expect(cut('abcdef', 5)).toBe('abcd…');
  expect(cut('日本語', 5)).toBe('日本…');
  expect(cut('日本語', 4)).toBe('日…');
  expect(cut('\x1b[31mabcdef\x1b[39m', 4)).toBe('\x1b[31mabc…\x1b[0m');
  expect(cut('abc', 1)).toBe('…');
  expect(cut('abc', 0)).toBe('');
});

test('a cut text never exceeds its columns, a padded one reaches them', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(30), (text, columns) => {
      expect(displayWidth(cut(text, columns))).toBeLessThanOrEqual(columns);
      expect(displayWidth(pad(text, columns))).toBeGreaterThanOrEqual(columns);
    }),
  );
});

test('the cells of a table stand under one another', () => {
  const rows = [
    ['web1', '5 ms', 'a'],
    ['\x1b[1m日本\x1b[22m', '120 ms', ''],
    ['x', '', 'b'],
  ];
  expect(table(rows, { alignRight: [1] })).toEqual([
    'web1    5 ms  a',
    '\x1b[1m日本\x1b[22m  120 ms',
    'x             b',
  ]);
});
