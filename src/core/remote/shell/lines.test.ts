import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitLines } from './lines.ts';

function lines(chunks: readonly Uint8Array[]): readonly string[] {
  const taken: string[] = [];
  const { push, end } = splitLines((line) => taken.push(line));
  for (const chunk of chunks) push(chunk);
  end();
  return taken;
}

test('lines come without their ends, the last one also without one', () => {
  expect(lines([Buffer.from('a\nb\r\n\nc')])).toEqual(['a', 'b', '', 'c']);
  expect(lines([])).toEqual([]);
});

test('however a text is cut into pieces, the lines are the same', () => {
  const text = fc.array(fc.constantFrom('ü', '🚀', 'a', '\n', '\r\n', '\r', ' '), { maxLength: 40 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(60), { maxLength: 8 }), (parts, cuts) => {
      const bytes = Buffer.from(parts.join(''));
      const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
      expect(lines(pieces)).toEqual(lines([bytes]));
    }),
  );
});

test('output without line ends is handed on in pieces', () => {
  const pieces = lines(Array.from({ length: 100 }, () => Buffer.alloc(1000, 'x')));
  expect(pieces.join('')).toBe('x'.repeat(100_000));
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(16 * 1024);
});
