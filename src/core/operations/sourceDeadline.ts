import { setTimeout as delay } from 'node:timers/promises';
import { MAX_DURATION_MS } from '../config/duration.ts';
import { whoseFault } from '../config/thrownAt.ts';
import { CutoverError, type ErrorCode, errorCode, messageOf } from '../contract/index.ts';

export interface SourceLimits {
  /** Null: half an hour. */
  readonly deadlineMs: number | null;
  /** Somebody wants to stop. */
  readonly cancel: AbortSignal;
  /** The package that it came in; null: not known. */
  readonly from?: string | null;
  /** How long it may go on once its signal has fired. */
  readonly graceMs?: number;
}

const DEADLINE_MS = 30 * 60_000;
const GRACE_MS = 5_000;

/**
 * Gives a source a signal, which fires at the deadline and when somebody wants to stop, and gives the source up when it does
 * not heed that. Rejects with why it failed: `E_SOURCE`, `E_INTERRUPTED`, or an error about this machine as it was thrown.
 * What it gives behind its signal is refused, since it may be half of the files; what it throws once it was given up is
 * nobody's.
 */
export async function withinSourceDeadline<T>(
  name: string,
  { deadlineMs, cancel, from = null, graceMs = GRACE_MS }: SourceLimits,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limitMs = deadlineMs ?? DEADLINE_MS;
  const late = new AbortController();
  const passed = new DOMException('The deadline has passed.', 'TimeoutError');
  const timer = setTimeout(() => late.abort(passed), limitMs);
  const signal = AbortSignal.any([cancel, late.signal]);
  const over = new AbortController();
  const givenUp = fired(signal, over.signal).then(() => delay(graceMs, GIVEN_UP, { signal: over.signal }));
  const end = await Promise.race([endOf(work(signal)), givenUp]);
  clearTimeout(timer);
  over.abort();
  if (signal.reason === passed) throw tooLate(name, limitMs, end);
  if (signal.aborted)
    throw new CutoverError('E_INTERRUPTED', `Interrupted while the source ${name} was read.`);
  if (end.type === 'done') return end.value;
  throw asSourceError(end.error, name, from);
}

type End<T> =
  | { readonly type: 'done'; readonly value: T }
  | { readonly type: 'threw'; readonly error: unknown }
  | typeof GIVEN_UP;

const GIVEN_UP = { type: 'threw', error: undefined } as const;

/** Never rejects. */
function endOf<T>(work: Promise<T>): Promise<End<T>> {
  return work.then(
    (value) => ({ type: 'done', value }),
    (error: unknown) => ({ type: 'threw', error }),
  );
}

function fired(signal: AbortSignal, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true, signal: over });
  });
}

/** What it said when it was told to end may say what it waited for. */
function tooLate(name: string, limitMs: number, end: End<unknown>): CutoverError {
  const error = end.type === 'threw' ? end.error : undefined;
  const said = error instanceof Error && !isAbort(error) ? `: ${messageOf(error)}` : '';
  const longer = `${Math.ceil(Math.min(2 * limitMs, MAX_DURATION_MS - 60_000) / 60_000)}m`;
  return new CutoverError('E_SOURCE', `The source ${name} did not end within ${limitMs / 1000} s${said}`, {
    hint: `Where it needs longer, that is said beside its name: source: { ${name}: { … }, deadline: ${longer} }`,
    cause: error,
  });
}

function isAbort(error: Error): boolean {
  return error.name === 'AbortError' || error.name === 'TimeoutError' || errorCode(error) === 'E_INTERRUPTED';
}

/** These are about this machine and say what they say; any other would be taken for something about a server. */
const OWN: ReadonlySet<ErrorCode | null> = new Set(['E_SOURCE', 'E_USAGE', 'E_CONFIG', 'E_PLUGIN']);

function asSourceError(error: unknown, name: string, from: string | null): unknown {
  if (OWN.has(errorCode(error))) return error;
  const hint = error instanceof Error && 'hint' in error ? error.hint : undefined;
  return new CutoverError('E_SOURCE', `The source ${name} failed: ${messageOf(error)}`, {
    ...(typeof hint === 'string' ? { hint } : whoseFault(error, from)),
    cause: error,
  });
}
