import { expect, test } from 'vitest';
import { switchedWithin } from './switchedWithin.ts';

/** The server's clock is this much ahead. */
const AHEAD_MS = 5_000_000;

/** A question that took this long there and back. */
function pair(askedMs: number, thereMs: number, backMs: number) {
  return { askedMs, serverMs: askedMs + thereMs + AHEAD_MS, answeredMs: askedMs + thereMs + backMs };
}

/** A rename at 1010, of which the server says that it was within a tenth of a millisecond. */
const SWITCHING = {
  sentMs: 1000,
  heardMs: 1040,
  server: { beforeMs: 1009.9 + AHEAD_MS, behindMs: 1010 + AHEAD_MS },
};

test('without a clock there it was between message and answer', () => {
  const switched = switchedWithin({ ...SWITCHING, server: null }, []);
  expect(switched).toEqual({ earliestMs: 1000, latestMs: 1040 });
  expect(switchedWithin(SWITCHING, [])).toEqual({ earliestMs: 1000, latestMs: 1040 });
});

test('the quickest of several questions says best when it was', () => {
  const { earliestMs, latestMs } = switchedWithin(SWITCHING, [
    pair(100, 20, 30),
    pair(200, 1, 1),
    pair(300, 9, 2),
  ]);
  expect(earliestMs).toBeCloseTo(1008.9);
  expect(latestMs).toBeCloseTo(1011);
});

test('questions that were slow one way bound it from the other', () => {
  const { earliestMs, latestMs } = switchedWithin(SWITCHING, [pair(100, 0.5, 20), pair(200, 20, 0.5)]);
  expect(earliestMs).toBeCloseTo(1009.4);
  expect(latestMs).toBeCloseTo(1010.5);
});

test.for([
  [0, 0],
  [3, 7],
  [40, 0.1],
  [0.1, 40],
] as const)('it was within the bounds when questions took %s ms there and %s back', ([there, back]) => {
  const { earliestMs, latestMs } = switchedWithin(SWITCHING, [
    pair(100, there, back),
    pair(900, back, there),
  ]);
  expect(earliestMs).toBeLessThanOrEqual(1010.000001);
  expect(latestMs).toBeGreaterThanOrEqual(1009.899999);
  expect([earliestMs >= 1000, latestMs <= 1040]).toEqual([true, true]);
});

test('a clock that was set in between tells nothing', () => {
  const set = { ...SWITCHING, server: { beforeMs: 7, behindMs: 8 } };
  expect(switchedWithin(set, [pair(100, 1, 1)])).toEqual({ earliestMs: 1000, latestMs: 1040 });
});
