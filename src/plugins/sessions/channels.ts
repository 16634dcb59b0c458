import { setTimeout as delay } from 'node:timers/promises';
import { CutoverError } from '../../core/contract/index.ts';

/** Hands out the few channels that a server allows on one connection. */
export interface Channels {
  /** Waits for a place, opens, and keeps the place until `release`, which may be called twice. */
  open<T>(open: () => Promise<T>, signal?: AbortSignal): Promise<Place<T>>;
}

export interface Place<T> {
  readonly channel: T;
  readonly release: () => void;
}

/**
 * At most eight at a time: sshd allows ten (sshd_config, MaxSessions). Where a server refuses one while as many others
 * are open as never were before, it allows no more than these, and the rest wait until one of them has closed.
 */
export function limitChannels(most = 8): Channels {
  const waiting: (() => void)[] = [];
  let limit = most;
  // With those that are being opened; those that were; the most that ever were at a time.
  let open = 0;
  let held = 0;
  let proven = 1;

  const enter = async (signal?: AbortSignal): Promise<void> => {
    while (open >= limit) {
      const turn = Promise.withResolvers<void>();
      const leave = () => {
        const index = waiting.indexOf(turn.resolve);
        if (index >= 0) waiting.splice(index, 1);
        turn.reject(signal?.reason);
      };
      waiting.push(turn.resolve);
      signal?.addEventListener('abort', leave, { once: true });
      await turn.promise.finally(() => signal?.removeEventListener('abort', leave));
    }
    open++;
  };
  const leave = () => {
    open--;
    waiting.shift()?.();
  };

  const attempt = async <T>(start: () => Promise<T>): Promise<Place<T>> => {
    for (let refusals = 0; ; refusals++) {
      try {
        const channel = await start();
        held++;
        proven = Math.max(proven, held);
        let isHeld = true;
        return {
          channel,
          release: () => {
            if (!isHeld) return;
            isHeld = false;
            held--;
            leave();
          },
        };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (open > proven) throw new Fewer();
        // A command that has ended, or was cut off, keeps its place on the server for a while.
        if (refusals >= REFUSAL_DELAYS_MS.length) throw open > 1 ? new Fewer() : refusedAll(error);
        await delay(REFUSAL_DELAYS_MS[refusals]);
      }
    }
  };

  return {
    open: async (start, signal) => {
      for (;;) {
        await enter(signal);
        try {
          signal?.throwIfAborted();
          return await attempt(start);
        } catch (error) {
          open--;
          if (!(error instanceof Fewer)) {
            waiting.shift()?.();
            throw error;
          }
          limit = Math.max(1, open);
          proven = limit;
        }
      }
    },
  };
}

class Fewer extends Error {}

const REFUSAL_DELAYS_MS = [10, 90, 300, 600, 1_000];

/** RFC 4254, 5.1: administratively prohibited, connect failed (what sshd says), resource shortage. */
function isRefusal(error: unknown): boolean {
  const { reason } = error as { reason?: unknown };
  return reason === 1 || reason === 2 || reason === 4;
}

function refusedAll(cause: unknown): CutoverError {
  return new CutoverError('E_CAPABILITY', 'The server refuses every session on the connection.', {
    hint: 'Look at MaxSessions in its sshd_config: at least 1 is needed.',
    cause,
  });
}
