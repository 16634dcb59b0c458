import type { Readable } from 'node:stream';
import { keepTail, type Tail } from './tail.ts';

/** Reads a stream to its end, telling every chunk, and keeps the last bytes. A stream not read would stop its command. */
export function follow(
  stream: Readable,
  keepBytes: number = DEFAULT_KEEP_BYTES,
  onChunk?: (chunk: Uint8Array) => void,
): Tail {
  const tail = keepTail(keepBytes);
  stream.on('data', (chunk: Uint8Array) => {
    tail.push(chunk);
    onChunk?.(chunk);
  });
  return tail;
}

const DEFAULT_KEEP_BYTES = 65_536;
