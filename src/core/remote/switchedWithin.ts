import type { Switched } from './engine.ts';

/** A question to the server's clock: it was read between these two times of this machine's clock. */
export interface ClockPair {
  readonly askedMs: number;
  readonly serverMs: number;
  readonly answeredMs: number;
}

/** The message that switched, by this machine's clock, and the server's clock before and behind the rename. */
export interface Switching {
  readonly sentMs: number;
  readonly heardMs: number;
  /** Null where the server has no such clock. */
  readonly server: { readonly beforeMs: number; readonly behindMs: number } | null;
}

/**
 * When the rename happened, by this machine's clock. It cannot have been before the message was sent, nor after the answer
 * was heard. Each pair bounds how far the server's clock is ahead (RFC 5905, section 8, where the error is half the round
 * trip); the bounds of all, met, place the server's two times on this machine's clock. Clocks that contradict each other tell nothing.
 */
export function switchedWithin(
  { sentMs, heardMs, server }: Switching,
  pairs: readonly ClockPair[],
): Switched {
  const widest = { earliestMs: sentMs, latestMs: heardMs };
  if (server === null) return widest;
  const { beforeMs, behindMs } = server;
  const leastAheadMs = Math.max(
    behindMs - heardMs,
    ...pairs.map(({ serverMs, answeredMs }) => serverMs - answeredMs),
  );
  const mostAheadMs = Math.min(
    beforeMs - sentMs,
    ...pairs.map(({ serverMs, askedMs }) => serverMs - askedMs),
  );
  if (leastAheadMs > mostAheadMs) return widest;
  return {
    earliestMs: Math.max(sentMs, beforeMs - mostAheadMs),
    latestMs: Math.min(heardMs, behindMs - leastAheadMs),
  };
}
