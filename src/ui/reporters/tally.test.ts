import { expect, test } from 'vitest';
import { createTally, finishedText } from './tally.ts';

test('a step is finished when all have done it, and takes as long as the slowest', () => {
  const tally = createTally();
  expect(tally.add('prepare', 30, 3)).toEqual([]);
  expect(tally.add('prepare', 50, 3)).toEqual([]);
  expect(tally.add('prepare', 40, 3)).toEqual([{ step: 'prepare', servers: 3, ms: 50 }]);
  expect(tally.rest()).toEqual([]);
});

test('what only some have done comes before a later step that all have done', () => {
  const tally = createTally();
  tally.add('activate', 1, 2);
  tally.add('syncCache', 2, 2);
  tally.add('linkRelease', 3, 2);
  expect(tally.add('linkRelease', 4, 2)).toEqual([
    { step: 'syncCache', servers: 1, ms: 2 },
    { step: 'linkRelease', servers: 2, ms: 4 },
  ]);
  expect(tally.rest()).toEqual([{ step: 'activate', servers: 1, ms: 1 }]);
});

test('the count of servers is left out where there is one', () => {
  const finished = { step: 'prune', servers: 1, ms: 5 };
  expect(finishedText(finished, 1)).toBe('prune        5 ms');
  expect(finishedText(finished, 2)).toBe('prune        5 ms  on 1 of 2 servers');
  expect(finishedText({ ...finished, servers: 2 }, 2)).toBe('prune        5 ms  on 2 servers');
});
