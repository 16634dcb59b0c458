import { expect, test } from 'vitest';
import { bytes, cut } from './cut.ts';
import { escapeHtml } from './escape.ts';

test('what fits stays as it is', () => {
  expect(cut('four', 4)).toBe('four');
});

test('what does not ends with an ellipsis, within the limit', () => {
  expect(cut('fives', 4)).toBe('fiv…');
});

test('no character is cut in two', () => {
  expect(cut('ab😀cd', 4)).toBe('ab…');
  expect(cut('ab😀cd', 5)).toBe('ab😀…');
});

test('no escape is cut in two, and its whole length counts', () => {
  expect(cut('a<b', 5, { write: escapeHtml })).toBe('a…');
  expect(cut('a<b', 6, { write: escapeHtml })).toBe('a&lt;b');
});

test('bytes are counted where they are the limit', () => {
  expect(cut('äöü', 6, { sizeOf: bytes })).toBe('äöü');
  expect(cut('äöüß', 7, { sizeOf: bytes })).toBe('äö…');
});

test('half a character is replaced', () => {
  expect(cut('a\ud83d', 9)).toBe('a\ufffd');
});
