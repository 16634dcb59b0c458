import { CutoverError } from '../contract/index.ts';

export interface EndingEarly {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Why the stream ended early; null when it did not. */
  reason(): unknown;
}

/**
 * When the source fails, or somebody wants to stop, the stream just ends: the server's script then misses the end
 * mark and leaves the cache alone, instead of being cut off at a place that nobody knows.
 */
export function endingEarly(content: AsyncIterable<Uint8Array>, cancel: AbortSignal): EndingEarly {
  let reason: unknown = null;
  async function* chunks() {
    try {
      for await (const chunk of content) {
        if (cancel.aborted) break;
        yield chunk;
      }
    } catch (error) {
      if (!cancel.aborted) reason = error;
    }
    if (cancel.aborted) reason = interrupted();
  }
  return { chunks: chunks(), reason: () => reason };
}

export function interrupted(): CutoverError {
  return new CutoverError('E_INTERRUPTED', 'The upload was interrupted.');
}
