import { expect, test } from 'vitest';
import { heldFiles } from './heldFiles.ts';
import { textFile } from './textFile.ts';

async function contentOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(Buffer.from(chunk));
  return Buffer.concat(pieces);
}

test('a file is as it was read, however often memory is used again', async () => {
  const held = heldFiles();
  const bytes = (fill: number) => Buffer.alloc([0, 7, 256 * 1024, 700_001][fill % 4]!, fill);
  let waiting = await held(textFile('0', bytes(0)));
  for (let fill = 1; fill < 20; fill++) {
    const next = await held(textFile(`${fill}`, bytes(fill)));
    expect((await contentOf(waiting.chunks)).equals(bytes(fill - 1))).toBe(true);
    waiting = next;
  }
});

test('what was given out is used for the next', async () => {
  const held = heldFiles();
  const memory = new Set<ArrayBufferLike>();
  for (let fill = 0; fill < 20; fill++) {
    const { chunks } = await held(textFile('same', Buffer.alloc(300_000, fill)));
    for await (const chunk of chunks) memory.add(chunk.buffer);
  }
  expect(memory.size).toBe(2);
});
