import type { Writable } from 'node:stream';

/**
 * Writes `content` no faster than it is taken, then ends the stream. A chunk is done with when the next one is asked
 * for. A reader that goes away is no error: whether its command has worked is told by how it exits. Rejects with what
 * reading `content` threw; the stream is then not ended, and the caller has to stop whoever reads it: half an input must
 * not be taken for a whole one. `over`: stop writing, nobody listens.
 */
export async function feed(
  writable: Writable,
  content: string | AsyncIterable<Uint8Array> | undefined,
  over?: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  writable.on('error', leave).on('close', leave);
  over?.addEventListener('abort', leave, { once: true });
  try {
    for await (const chunk of typeof content === 'object' ? content : [content ?? '']) {
      if (gone.signal.aborted) return;
      if (chunk.length > 0) await written(writable, chunk, gone.signal);
    }
    if (!gone.signal.aborted) writable.end();
  } finally {
    writable.off('close', leave);
    over?.removeEventListener('abort', leave);
  }
}

/** Or nobody takes it any more. */
function written(writable: Writable, chunk: string | Uint8Array, gone: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => resolve();
  gone.addEventListener('abort', done, { once: true });
  writable.write(chunk, done);
  return promise.finally(() => gone.removeEventListener('abort', done));
}
