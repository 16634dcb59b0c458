import { expect, test } from 'vitest';
import { duration, parseDurationMs, showDuration } from './duration.ts';

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['1.5 s', 1500],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['7', 7000],
  [0.25, 250],
])('%s is %i ms', (value, durationMs) => {
  expect(parseDurationMs(value)).toBe(durationMs);
});

test.each(['', 'soon', '-3s', '0', 0, '10 days', 'Infinity', Number.NaN, '30d', '1000h'])(
  '%s is refused',
  (value) => {
    expect(parseDurationMs(value)).toBeNull();
    expect(duration().safeParse(value).error?.issues[0]?.message).toContain('30s');
  },
);

test('a duration is shown in the unit that people use', () => {
  expect([250, 1500, 30_000].map(showDuration)).toEqual(['250 ms', '1.5 s', '30 s']);
});
