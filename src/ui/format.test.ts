import { expect, test } from 'vitest';
import { formatAge } from './age.ts';
import { formatBytes, formatDuration, formatSeconds } from './format.ts';
import { nameList, plural, shortRevision } from './wording.ts';

test('sizes', () => {
  const sizes = [0, 999, 1_000, 1_234, 9_949, 9_950, 127_400, 999_499, 999_500, 3_400_000, 2e9, 5e15];
  expect(sizes.map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '1.2 kB',
    '9.9 kB',
    '10 kB',
    '127 kB',
    '999 kB',
    '1.0 MB',
    '3.4 MB',
    '2.0 GB',
    '5000 TB',
  ]);
});

test('durations', () => {
  const durations = [0, 0.4, 999.4, 999.5, 1_234, 59_949, 59_950, 125_000, 3_599_600, 3_725_000];
  expect(durations.map(formatDuration)).toEqual([
    '0 ms',
    '0 ms',
    '999 ms',
    '1.0 s',
    '1.2 s',
    '59.9 s',
    '1 min 0 s',
    '2 min 5 s',
    '1 h 0 min',
    '1 h 2 min',
  ]);
  expect([999, 59_999, 125_999, 3_725_000].map(formatSeconds)).toEqual([
    '0 s',
    '59 s',
    '2 min 5 s',
    '1 h 2 min',
  ]);
});

test('ages', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  const age = (at: string) => formatAge(at, now);
  expect(age('2026-11-21T11:59:55Z')).toBe('just now');
  expect(age('2026-11-21T11:59:20Z')).toBe('40 seconds ago');
  expect(age('2026-11-21T11:59:00Z')).toBe('1 minute ago');
  expect(age('2026-11-21T11:57:00Z')).toBe('3 minutes ago');
  expect(age('2026-11-21T02:00:00Z')).toBe('10 hours ago');
  expect(age('2026-11-19T12:00:00Z')).toBe('2 days ago');
  expect(age('2026-06-21T12:00:00Z')).toBe('5 months ago');
  expect(age('2023-11-21T12:00:00Z')).toBe('3 years ago');
});

test('a clock that is a little ahead does not matter, one that is far ahead is shown', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  expect(formatAge('2026-11-21T12:00:30Z', now)).toBe('just now');
  expect(formatAge('2026-11-21T13:00:00Z', now)).toBe('2026-11-21T13:00:00Z');
  expect(formatAge('soon\x1b', now)).toBe('soon\\x1B');
});

test('names, counts and revisions', () => {
  expect(nameList(['a', 'b\n'])).toBe('a, b\\x0A');
  expect(nameList(['a', 'b', 'c', 'd', 'e', 'f'])).toBe('a, b, c, d, e, f');
  expect(nameList(['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toBe('a, b, c, d, e and 2 more');
  expect([plural(1, 'file'), plural(0, 'file')]).toEqual(['1 file', '0 files']);
  expect(shortRevision('abc1234def5678abc1234def5678abc1234def56')).toBe('abc1234');
  expect(shortRevision(`sha256:${'0123456789abcdef'.repeat(4)}`)).toBe('sha256:0123456');
  expect(shortRevision('v1.2\x1b')).toBe('v1.2\\x1B');
});
