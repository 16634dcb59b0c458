import { CutoverError } from '../../../core/contract/index.ts';
import { showDuration } from '../../duration.ts';
import { statusOf } from './failure.ts';

/**
 * Requests on one SFTP channel. ssh2 never calls back once channel or link are gone, and has no deadline: here each
 * call ends, with its answer, when the channel goes, or when no answer to any call has come for `deadlineMs`.
 */
export interface Calls {
  /** `attempt` completes "Could not …". Rejects with what the server said, `E_UNKNOWN` or `E_TIMEOUT`. */
  run<T>(attempt: string, start: (done: Done<T>) => void): Promise<T>;
  /** Ends all calls, and those to come. */
  lose(reason: string): void;
}

export type Done<T> = (error: Error | null | undefined, value: T) => void;

export interface CallLimits {
  readonly deadlineMs: number;
  /** So many are sent before the first is answered; the others wait, in their order. */
  readonly outstanding: number;
}

export function superviseCalls({ deadlineMs, outstanding }: CallLimits, onStall: () => void): Calls {
  const pending = new Set<(error: CutoverError) => void>();
  const waiting: (() => void)[] = [];
  let sent = 0;
  let lost: string | null = null;
  let timer: NodeJS.Timeout | undefined;

  const rearm = () => {
    if (pending.size > 0 && timer !== undefined) {
      timer.refresh();
      return;
    }
    clearTimeout(timer);
    timer = pending.size > 0 ? setTimeout(stall, deadlineMs) : undefined;
  };
  const failAll = (make: () => CutoverError) => {
    for (const fail of [...pending]) fail(make());
  };
  const stall = () => {
    lost ??= `the server has not answered for ${showDuration(deadlineMs)}`;
    failAll(() => new CutoverError('E_TIMEOUT', lost as string));
    onStall();
  };

  const run = <T>(attempt: string, start: (done: Done<T>) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      if (lost !== null) {
        reject(new CutoverError('E_UNREACHABLE', `Could not ${attempt}: ${lost}.`));
        return;
      }
      let over = false;
      let isSent = false;
      const finish = (settle: () => void) => {
        if (over) return;
        over = true;
        pending.delete(fail);
        if (isSent) sent -= 1;
        rearm();
        settle();
        next();
      };
      const fail = (error: CutoverError) =>
        finish(() => reject(new CutoverError(error.code, `Could not ${attempt}: ${error.message}.`)));
      const send = () => {
        if (over) return;
        isSent = true;
        sent += 1;
        try {
          start((error, value) => {
            if (error && statusOf(error) === null) fail(unanswered(error));
            else finish(() => (error ? reject(error) : resolve(value)));
          });
        } catch (error) {
          finish(() => reject(error));
        }
      };
      pending.add(fail);
      if (pending.size === 1) rearm();
      waiting.push(send);
      next();
    });

  const next = () => {
    while (sent < outstanding && lost === null) {
      const send = waiting.shift();
      if (send === undefined) return;
      send();
    }
  };

  return {
    run,
    lose: (reason) => {
      lost ??= reason;
      failAll(() => new CutoverError('E_UNKNOWN', `${reason} before the answer came`));
    },
  };
}

/** In some cases ssh2 does call back when a channel goes, with an error that is no answer of the server. */
function unanswered(error: Error): CutoverError {
  return new CutoverError(
    'E_UNKNOWN',
    `the SFTP channel was closed before the answer came (${error.message})`,
  );
}
