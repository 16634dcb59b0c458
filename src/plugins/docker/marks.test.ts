import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { takeMarks } from './marks.ts';

async function take(stream: Buffer, size: number) {
  const marks: number[] = [];
  const pieces = [];
  for (let at = 0; at < stream.length; at += size) pieces.push(stream.subarray(at, at + size));
  const rest = await text(Readable.from(pieces).pipe(takeMarks('mark-1', (number) => marks.push(number))));
  return { marks, rest };
}

test('marks are taken out wherever they begin, and all else passes, however it is cut', async () => {
  const stream = Buffer.from('mark-1 42\nwarning\nhalf a line mark-mark-1 0\nmark-1\nmark-2 3\nmark-');
  for (const size of [1, 2, 7, stream.length]) {
    expect(await take(stream, size)).toEqual({
      marks: [42, 0],
      rest: 'warning\nhalf a line mark-mark-1\nmark-2 3\nmark-',
    });
  }
});

test('what cannot be a mark is not held back', async () => {
  const marks = takeMarks('mark-1', () => {});
  const seen: string[] = [];
  marks.setEncoding('utf8').on('data', (chunk: string) => seen.push(chunk));
  marks.write('Password: ');
  marks.write('ma');
  await expect.poll(() => seen.join('')).toBe('Password: ');
});
