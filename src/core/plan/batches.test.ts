import { expect, test } from 'vitest';
import { batchesOf } from './batches.ts';

const FIVE = ['a', 'b', 'c', 'd', 'e'];

test('all at once when the strategy is parallel, whatever the batch', () => {
  expect(batchesOf({ strategy: 'parallel', batch: { servers: 1 } }, FIVE)).toEqual([FIVE]);
});

test.each([
  [{ servers: 1 }, [['a'], ['b'], ['c'], ['d'], ['e']]],
  [{ servers: 2 }, [['a', 'b'], ['c', 'd'], ['e']]],
  [{ servers: 9 }, [FIVE]],
  [
    { percent: 50 },
    [
      ['a', 'b', 'c'],
      ['d', 'e'],
    ],
  ],
  [{ percent: 1 }, [['a'], ['b'], ['c'], ['d'], ['e']]],
  [{ percent: 100 }, [FIVE]],
])('batches of %j', (batch, expected) => {
  expect(batchesOf({ strategy: 'sequential', batch }, FIVE)).toEqual(expected);
});
