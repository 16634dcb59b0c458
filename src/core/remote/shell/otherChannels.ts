import { channelsThatPay, MOST_CHANNELS, startPace } from '../../sync/channels.ts';
import { type Compression, compressed } from '../../sync/compression.ts';
import { endingEarly } from '../../sync/endingEarly.ts';
import type { SharedArchive } from '../../sync/sharedArchive.ts';
import type { Link } from '../link.ts';
import { runScript } from './run.ts';
import type { Script } from './script.ts';

export interface OtherChannelsOptions {
  readonly link: Link;
  readonly archive: SharedArchive;
  readonly scriptOf: (number: number, compression: Compression | null) => Script;
  readonly roundTripMs: number;
  readonly bytes: number;
  readonly cancel: AbortSignal;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** The channels that carry an archive beside its first one. There are none until that one is seen to be held up. */
export interface OtherChannels {
  /** The stream of the first channel: what goes through it is measured. */
  measured(chunks: AsyncIterable<Uint8Array>, compression: Compression | null): AsyncGenerator<Uint8Array>;
  /** Those that took anything have brought it; who did not get a channel is given up. Rejects when one has failed. */
  ended(): Promise<void>;
  /** As `ended`, whatever becomes of them. */
  settled(): Promise<void>;
}

interface Other {
  readonly giveUp: () => void;
  readonly hasBegun: () => boolean;
  readonly outcome: Promise<void>;
}

export function otherChannels(options: OtherChannelsOptions): OtherChannels {
  const { archive, roundTripMs, bytes, now = () => performance.now() } = options;
  const pace = startPace(now);
  const others: Other[] = [];
  let opening = 0;
  let most = MOST_CHANNELS;

  const decided = () => {
    opening -= 1;
    if (opening === 0) pace.restart(1 + others.filter((other) => other.hasBegun()).length);
  };
  async function* measured(chunks: AsyncIterable<Uint8Array>, compression: Compression | null) {
    for await (const chunk of chunks) {
      yield chunk;
      const bytesPerMs = pace.sent(chunk.length);
      if (bytesPerMs === null || opening > 0) continue;
      const channels = 1 + others.length;
      const leftBytes = bytes - archive.takenBytes();
      const wanted = channelsThatPay({ channels, bytesPerMs, roundTripMs, leftBytes, most });
      opening = wanted - channels;
      for (let number = channels; number < wanted; number++) {
        const stream = (data: AsyncIterable<Uint8Array>) =>
          measured(compression === null ? data : compressed(data, compression), compression);
        const other = openOther(options, { number, compression, stream, onDecided: decided });
        others.push(other);
        void other.outcome.then(
          () => {
            // No room: those that there are have to do.
            if (!other.hasBegun()) most = 1;
          },
          () => {},
        );
      }
    }
  }
  const giveUpWaiting = () => {
    for (const other of others) if (!other.hasBegun()) other.giveUp();
  };
  return {
    measured,
    async ended() {
      giveUpWaiting();
      await Promise.all(others.map(({ outcome }) => outcome));
    },
    async settled() {
      giveUpWaiting();
      await Promise.allSettled(others.map(({ outcome }) => outcome));
    },
  };
}

interface Opening {
  readonly number: number;
  readonly compression: Compression | null;
  readonly stream: (data: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
  /** It has begun, or never will. */
  readonly onDecided: () => void;
}

/** What fails before it took anything is no loss. Else nothing goes on, because nobody knows what has arrived. */
function openOther(
  { link, archive, scriptOf, cancel, signal }: OtherChannelsOptions,
  { number, compression, stream, onDecided }: Opening,
): Other {
  const over = new AbortController();
  let hasBegun = false;
  async function* taken() {
    // Who was given up takes nothing any more.
    if (over.signal.aborted) return;
    hasBegun = true;
    onDecided();
    yield* archive.other(number);
  }
  const part = endingEarly(taken(), cancel);
  const run = async () => {
    try {
      await runScript(link, scriptOf(number, compression), {
        signal: AbortSignal.any([signal, over.signal]),
        upload: () => stream(part.chunks),
        isBeside: true,
        attempts: 1,
      });
    } catch (error) {
      if (!hasBegun) return onDecided();
      const why = part.reason() ?? error;
      archive.fail(why);
      throw why;
    }
  };
  const outcome = run();
  // Heard of when all are waited for.
  outcome.catch(() => {});
  return { giveUp: () => over.abort(), hasBegun: () => hasBegun, outcome };
}
