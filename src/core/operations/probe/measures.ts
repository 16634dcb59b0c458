/** So much is sent each way at the most, and for so long. */
export const SAMPLE_BYTES = 8 * 1024 ** 2;
export const SAMPLE_MS = 2_000;
/** The first is not counted. */
export const ROUND_TRIPS = 12;
export const TRIED_CHANNELS = 10;

/** A sample, in pieces, of what nothing on the way can make shorter. */
export function* sample(): Generator<Uint8Array> {
  const piece = new Uint8Array(65_536);
  let state = 1;
  for (let index = 0; index < piece.length; index++) {
    // Park and Miller's generator: secrets are not made of it.
    state = (state * 48_271) % 2_147_483_647;
    piece[index] = state & 255;
  }
  for (let sent = 0; sent < SAMPLE_BYTES; sent += piece.length) yield piece;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** A clock may not see how long a little takes. */
export function perSecond(bytes: number, ms: number): number {
  return Math.round((bytes / Math.max(ms, 1)) * 1000);
}
