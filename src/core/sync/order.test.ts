import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalOrder, comparePaths } from './order.ts';

test('paths are in the order of their UTF-8 bytes, also beyond the basic plane', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
  expect(comparePaths('\uffee', '\u{1f680}')).toBeLessThan(0);
});

test('a directory comes before what it holds, though names with a dash stand between', () => {
  const sorted = canonicalOrder([{ path: 'a/b' }, { path: 'a-b' }, { path: 'a' }]);
  expect(sorted.map((entry) => entry.path)).toEqual(['a', 'a-b', 'a/b']);
});
