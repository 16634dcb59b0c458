import { CutoverError, type ErrorCode, messageOf } from '../../core/contract/index.ts';

export interface Opening<T> {
  /** What is tried, for messages: `start a command`. */
  readonly what: string;
  readonly start: (done: (error: Error | undefined, value?: T) => void) => void;
  /** Gets what comes too late. */
  readonly discard: (late: T) => void;
  /** Default: `E_UNREACHABLE`. */
  readonly whenUnanswered?: ErrorCode;
}

/** Opens a channel, within a deadline and as long as the link is there. One that comes too late is closed. */
export function openChannel<T>(gone: Promise<string | null>, opening: Opening<T>): Promise<T> {
  const { what, start, discard, whenUnanswered = 'E_UNREACHABLE' } = opening;
  return new Promise((resolve, reject) => {
    let over = false;
    const finish = (settle: () => void) => {
      over = true;
      clearTimeout(timer);
      settle();
    };
    const fail = (code: ErrorCode, why: string) =>
      finish(() => reject(new CutoverError(code, `Could not ${what}: ${why}.`)));
    const timer = setTimeout(() => {
      fail(whenUnanswered, `the server did not answer within ${OPEN_TIMEOUT_MS / 1000} s`);
    }, OPEN_TIMEOUT_MS);
    void gone.then((reason) => fail(whenUnanswered, reason ?? 'the connection was closed'));
    try {
      start((error, value) => {
        if (!over) finish(() => (error ? reject(error) : resolve(value as T)));
        else if (!error) discard(value as T);
      });
    } catch (error) {
      // ssh2 throws, and does not call back, where the link is gone already.
      fail('E_UNREACHABLE', messageOf(error));
    }
  });
}

const OPEN_TIMEOUT_MS = 20_000;
