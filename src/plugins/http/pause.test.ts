import { expect, test } from 'vitest';
import { pauseAfter } from './pause.ts';

const now = new Date('2026-11-21T19:38:11Z');

test('pauses grow', () => {
  expect([0, 1, 2, 9].map((attempt) => pauseAfter(attempt, null, now))).toEqual(
    [500, 1_000, 2_000, 10_000].map((ms) => ({ type: 'wait', ms })),
  );
});

test.each([
  ['3', 3_000],
  ['0', 0],
  ['0.3', 300],
  ['Sat, 21 Nov 2026 19:38:13 GMT', 2_000],
  ['Sat, 21 Nov 2026 19:00:00 GMT', 0],
  ['soon', 500],
])('retry-after: %s', (text, ms) => {
  expect(pauseAfter(0, text, now)).toEqual({ type: 'wait', ms });
});

test('a pause that is too long is none', () => {
  expect(pauseAfter(0, '11', now)).toEqual({ type: 'giveUp', askedForMs: 11_000 });
});
