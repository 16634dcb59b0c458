/** Reads a stream of chunks by lines and by counts. */
export interface ByteReader {
  /** Without its line end. Null at the end of the stream. */
  line(): Promise<string | null>;
  /** The next bytes, in pieces as they come; fewer when the stream ends before. */
  take(sizeBytes: number): AsyncGenerator<Uint8Array, void>;
  /** Stops the stream. */
  close(): Promise<void>;
}

export function byteReader(chunks: AsyncGenerator<Uint8Array>): ByteReader {
  let rest: Uint8Array = new Uint8Array();

  async function fill(): Promise<boolean> {
    while (rest.length === 0) {
      const next = await chunks.next();
      if (next.done === true) return false;
      rest = next.value;
    }
    return true;
  }

  return {
    line: async () => {
      const parts: Uint8Array[] = [];
      while (await fill()) {
        const end = rest.indexOf(LINE_END);
        parts.push(end < 0 ? rest : rest.subarray(0, end));
        rest = end < 0 ? new Uint8Array() : rest.subarray(end + 1);
        if (end >= 0) return Buffer.concat(parts).toString();
      }
      return null;
    },
    take: async function* (sizeBytes) {
      for (let left = sizeBytes; left > 0 && (await fill()); ) {
        const piece = rest.subarray(0, left);
        rest = rest.subarray(piece.length);
        left -= piece.length;
        yield piece;
      }
    },
    close: async () => {
      await chunks.return(undefined);
    },
  };
}

export async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

/** The same chunks; `onRead` hears of each before the reader has it, also when the reader stops there. */
export async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onRead(chunk.length);
    yield chunk;
  }
}

const LINE_END = 10;
