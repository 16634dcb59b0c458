/** A channel lets so many bytes go before the server has told that it took them: what sshd allows, once a round trip. */
export const WINDOW_BYTES = 2 * 1024 ** 2;

/** Of uploads on one connection: sshd allows ten channels (MaxSessions), and scripts need some. */
export const MOST_CHANNELS = 6;

/** Above this no line is held up by the window of one channel. */
const ENOUGH_BYTES_PER_MS = 50_000;

export interface Distance {
  readonly bytes: number;
  /** Null when it is not known. */
  readonly roundTripMs: number | null;
}

/** Pure. Whether several channels may pay, should it turn out that the line is wider than one of them. */
export function mayBeShared({ bytes, roundTripMs }: Distance): boolean {
  if (roundTripMs === null || WINDOW_BYTES / roundTripMs > ENOUGH_BYTES_PER_MS) return false;
  return bytes >= WORTH_WINDOWS * WINDOW_BYTES;
}

/** To open one costs three round trips, in which the others go on, and their end one more. */
const WORTH_WINDOWS = 8;

export interface Sending {
  /** Those that are open. */
  readonly channels: number;
  /** What they send together, measured. */
  readonly bytesPerMs: number;
  readonly roundTripMs: number;
  readonly leftBytes: number;
  /** So many are to be had at the most. */
  readonly most: number;
}

/** Pure. How many there should be: more only where all that are open are held up by their windows, and much is left. */
export function channelsThatPay({ channels, bytesPerMs, roundTripMs, leftBytes, most }: Sending): number {
  const widest = (channels * WINDOW_BYTES) / roundTripMs;
  const isHeldUp = bytesPerMs > widest * HELD_UP;
  const isWorth = leftBytes >= channels * WORTH_WINDOWS * WINDOW_BYTES;
  return isHeldUp && isWorth ? Math.min(channels * GROWTH, Math.max(most, channels)) : channels;
}

/** A part of what windows let through at best: a server takes its time. */
const HELD_UP = 0.6;
const GROWTH = 3;

/** Tells how fast is sent, again and again. */
export interface Pace {
  /** Gives bytes per millisecond when enough was sent to tell, else null. */
  sent(bytes: number): number | null;
  /** So many channels send from now on. */
  restart(channels: number): void;
}

/** What goes first fills windows, and the buffers before them: it says nothing of the line. */
export function startPace(now: () => number): Pace {
  let channels = 1;
  let skipBytes = BUFFERED_WINDOWS * WINDOW_BYTES;
  let measuredBytes = 0;
  let beganAt: number | null = null;
  return {
    sent(bytes) {
      if (skipBytes > 0) {
        skipBytes -= bytes;
        return null;
      }
      beganAt ??= now();
      measuredBytes += bytes;
      if (measuredBytes < channels * WINDOW_BYTES) return null;
      const bytesPerMs = measuredBytes / Math.max(now() - beganAt, 1);
      measuredBytes = 0;
      beganAt = now();
      return bytesPerMs;
    },
    restart(count) {
      channels = count;
      skipBytes = count * BUFFERED_WINDOWS * WINDOW_BYTES;
      measuredBytes = 0;
      beganAt = null;
    },
  };
}

const BUFFERED_WINDOWS = 2;
