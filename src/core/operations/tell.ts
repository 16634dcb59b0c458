import { messageOf, type Notice, type Notifier } from '../contract/index.ts';

/** A notifier of the configuration, ready to be told. */
export interface Listener {
  readonly name: string;
  readonly notify: (notice: Notice, signal: AbortSignal) => ReturnType<Notifier['notify']>;
  readonly deadlineMs: number;
}

/**
 * Tells one notifier, for `forMs` at most, or until `cut` fires. Gives the problem, or null. Never rejects: it may throw,
 * at once or late, answer never and not mind its signal.
 */
export async function tell(
  { name, notify, deadlineMs }: Listener,
  notice: Notice,
  forMs: number,
  cut?: AbortSignal,
): Promise<string | null> {
  const failed = (why: string) =>
    `the notifier ${name} could not be told${notice.event === 'started' ? ' of the start' : ''}: ${why}`;
  const over = new AbortController();
  const late = Promise.withResolvers<string>();
  const isLate = () => late.resolve(failed(`it did not answer in time (${deadlineMs / 1000} s)`));
  const isCut = () => late.resolve(failed('it had not answered when all was over'));
  const timer = setTimeout(isLate, forMs);
  cut?.addEventListener('abort', isCut, { once: true });
  if (cut?.aborted) isCut();
  try {
    return await Promise.race([late.promise, told(notify, notice, over.signal)]);
  } catch (error) {
    return failed(messageOf(error));
  } finally {
    clearTimeout(timer);
    cut?.removeEventListener('abort', isCut);
    over.abort();
  }
}

async function told(notify: Listener['notify'], notice: Notice, signal: AbortSignal): Promise<null> {
  await notify(notice, signal);
  return null;
}
