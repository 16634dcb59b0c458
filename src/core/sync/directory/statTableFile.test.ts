import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comparePaths } from '../order.ts';
import { sha256, TORTURE } from '../testing/entries.ts';
import type { FileStat } from './disk.ts';
import { hashIn, ROW_WORDS, rowOf, type StatTable, statIs, tableBuilder, wordsOf } from './statTable.ts';
import { formatStatTable, parseStatTable } from './statTableFile.ts';

const word = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
const stats: fc.Arbitrary<FileStat> = fc.record({
  dev: word,
  ino: word,
  size: word,
  mode: word,
  mtimeNs: word,
  ctimeNs: word,
});

function tableOf(files: readonly (readonly [string, FileStat])[]): StatTable {
  const table = tableBuilder();
  for (const [path, stat] of files) table.add(path, rowOf(stat, sha256(path)));
  return table.taken(1_795_000_000_123);
}

const STAT = { dev: 1n, ino: 2n, size: 3n, mode: 0o100644n, mtimeNs: 4n, ctimeNs: -5n };
const SMALL = tableOf([
  ['a', STAT],
  ['b/c', { ...STAT, ino: 2n ** 63n - 1n }],
]);

describe('a table on disk', () => {
  test('gives back what was written, wherever it lies in memory', () => {
    const paths = fc.uniqueArray(fc.constantFrom(...TORTURE, 'd/e', 'd-e'));
    fc.assert(
      fc.property(paths, fc.array(stats, { minLength: 30, maxLength: 30 }), (names, states) => {
        const files = names.sort(comparePaths).map((path, index) => [path, states[index] ?? STAT] as const);
        const bytes = formatStatTable(tableOf(files), '/the "place"\n');
        for (const shift of [0, 1]) {
          const moved = Buffer.from(new Uint8Array(bytes.length + shift).buffer, shift);
          moved.set(bytes);
          const read = parseStatTable(moved, '/the "place"\n');
          if (read === null) throw new Error('not understood');
          expect([read.takenAtMs, read.paths]).toEqual([1_795_000_000_123, files.map(([path]) => path)]);
          const words = wordsOf(read);
          for (const [index, [path, stat]] of files.entries()) {
            expect(statIs(words, index * ROW_WORDS, stat)).toBe(true);
            expect(hashIn(read, index)).toBe(sha256(path));
          }
        }
      }),
    );
  });

  test.each(Object.keys(STAT) as (keyof FileStat)[])('tells a file by its %s', (field) => {
    expect(statIs(wordsOf(SMALL), 0, STAT)).toBe(true);
    expect(statIs(wordsOf(SMALL), 0, { ...STAT, [field]: STAT[field] + 1n })).toBe(false);
  });

  test('is of no use when it is about something else, cut off, longer or changed anywhere', () => {
    const bytes = formatStatTable(SMALL, 'here');
    expect(parseStatTable(bytes, 'here')).not.toBeNull();
    expect(parseStatTable(bytes, 'there')).toBeNull();
    expect(parseStatTable(Buffer.concat([bytes, Buffer.from('x')]), 'here')).toBeNull();
    for (let at = 0; at < bytes.length; at += 1) {
      expect(parseStatTable(bytes.subarray(0, at), 'here')).toBeNull();
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 0x20;
      expect(parseStatTable(flipped, 'here')).toBeNull();
    }
  });

  test('is of no use to a machine that has its numbers the other way round', () => {
    const bytes = Buffer.from(formatStatTable(SMALL, 'here'));
    bytes.subarray(56, 64).reverse();
    bytes.set(Buffer.from(sha256(bytes.subarray(56)), 'hex'), 24);
    expect(parseStatTable(bytes, 'here')).toBeNull();
    bytes.subarray(56, 64).reverse();
    bytes.set(Buffer.from(sha256(bytes.subarray(56)), 'hex'), 24);
    expect(parseStatTable(bytes, 'here')).not.toBeNull();
  });

  test('ends before it has more files, or longer paths, than it may have', () => {
    const table = tableBuilder();
    const row = rowOf(STAT, sha256(''));
    const long = 'x'.repeat(1_000_000);
    for (let index = 0; index < 70; index += 1) table.add(long, row);
    expect(table.taken(0).paths).toHaveLength(64);
  });
});
