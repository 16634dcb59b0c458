import type { FileContent } from './types.ts';

const PIECE_BYTES = 256 * 1024;

/**
 * Reads files into memory, which is used again for the next ones as soon as it was given out. Each can be read once,
 * after which the file behind it may have changed or be closed.
 */
export function heldFiles(): (file: FileContent) => Promise<FileContent> {
  const free: Buffer[] = [];
  async function* given(
    pieces: readonly Uint8Array[],
    memory: readonly Buffer[],
  ): AsyncGenerator<Uint8Array> {
    for (const [index, piece] of pieces.entries()) {
      yield piece;
      free.push(memory[index]!);
    }
  }
  return async ({ entry, chunks }) => {
    const memory: Buffer[] = [];
    let filled = PIECE_BYTES;
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        if (filled === PIECE_BYTES) {
          memory.push(free.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES));
          filled = 0;
        }
        const part = chunk.subarray(at, at + PIECE_BYTES - filled);
        memory.at(-1)!.set(part, filled);
        filled += part.length;
        at += part.length;
      }
    }
    const pieces = memory.map((each, index) =>
      index === memory.length - 1 ? each.subarray(0, filled) : each,
    );
    return { entry, chunks: given(pieces, memory) };
  };
}
