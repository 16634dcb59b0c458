import type { Readable } from 'node:stream';

/** How much of what the other side sends may be under way (RFC 4254, 5.2), over all streams of a channel. */
export interface Window {
  readonly sizeBytes: number;
  /** Gives a chunk to a stream, or takes its end. What a reader has not taken is not made room for. */
  push(stream: Readable, chunk: Uint8Array): void;
  /** A stream's reader wants more. */
  wanted(stream: Readable): void;
}

/** `adjust` tells the other side that so many bytes more may come. */
export function openWindow(adjust: (bytes: number) => void, sizeBytes = 2 * 1024 * 1024): Window {
  const full = new Set<Readable>();
  let owedBytes = 0;
  const settle = () => {
    if (full.size > 0 || owedBytes < sizeBytes / 2) return;
    adjust(owedBytes);
    owedBytes = 0;
  };
  return {
    sizeBytes,
    push(stream, chunk) {
      owedBytes += chunk.length;
      if (!stream.push(chunk)) full.add(stream);
      settle();
    },
    wanted(stream) {
      full.delete(stream);
      settle();
    },
  };
}
