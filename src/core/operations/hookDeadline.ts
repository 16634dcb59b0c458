import { setTimeout as delay } from 'node:timers/promises';
import { CutoverError, errorCode } from '../contract/index.ts';
import { withoutServer } from '../steps/withoutServer.ts';

export interface Limits {
  readonly deadlineMs: number;
  /** Null: it cannot be stopped any more. */
  readonly cancel: AbortSignal | null;
  /** How long it may go on once its signal has fired. */
  readonly graceMs?: number;
}

const GRACE_MS = 2_000;

/**
 * Gives a hook a signal, which fires at the deadline and when somebody wants to stop, and gives the hook up when it does
 * not heed that. Rejects with why it failed, as a sentence: `E_HOOK`, `E_INTERRUPTED`, or `E_FENCED`. What it throws once
 * it was given up is nobody's.
 */
export async function withinDeadline(
  what: string,
  { deadlineMs, cancel, graceMs = GRACE_MS }: Limits,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const late = new AbortController();
  const signal = cancel === null ? late.signal : AbortSignal.any([late.signal, cancel]);
  const timer = setTimeout(() => late.abort(new Error('The deadline has passed.')), deadlineMs);
  const over = new AbortController();
  const givenUp = fired(signal, over.signal).then(() => delay(graceMs, null, { signal: over.signal }));
  givenUp.catch(() => {});
  try {
    const end = await Promise.race([endOf(() => work(signal)), givenUp]);
    if (end?.type === 'done') return;
    if (late.signal.aborted) throw tooLate(what, deadlineMs, end?.error);
    if (signal.aborted) throw new CutoverError('E_INTERRUPTED', `${what} was interrupted`);
    throw asHookError(what, end?.error);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

type End = { readonly type: 'done' } | { readonly type: 'threw'; readonly error: unknown };

/** Never rejects, also when the work throws before it gives a promise. */
async function endOf(work: () => Promise<void>): Promise<End> {
  try {
    await work();
    return { type: 'done' };
  } catch (error) {
    return { type: 'threw', error };
  }
}

function fired(signal: AbortSignal, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true, signal: over });
  });
}

/** What it said when it was told to end may say what it waited for. */
function tooLate(what: string, deadlineMs: number, error: unknown): CutoverError {
  const tells = error instanceof Error && !isAbort(error);
  const said = tells ? `: ${reasonIn(what, error)}` : '';
  return new CutoverError('E_HOOK', `${what} did not end within ${deadlineMs / 1000} s${said}`, {
    hint: 'Where it needs longer, that is said beside its name: deadline: 10m',
    cause: error,
  });
}

function isAbort(error: Error): boolean {
  return error.name === 'AbortError' || error.name === 'TimeoutError' || errorCode(error) === 'E_INTERRUPTED';
}

/** A lock that is lost keeps its code. */
function asHookError(what: string, error: unknown): CutoverError {
  const code = errorCode(error) === 'E_FENCED' ? 'E_FENCED' : 'E_HOOK';
  const reason = error === undefined || error === null ? 'it did not say why' : reasonIn(what, error);
  return new CutoverError(code, `${what} failed: ${reason}`, { ...hintOf(error), cause: error });
}

/** What hooks are called begins with the server, and so does what was tried on it. */
function reasonIn(what: string, error: unknown): string {
  return withoutServer(what.split(': ', 1)[0] ?? '', error);
}

function hintOf(error: unknown): { readonly hint?: string } {
  const hint = errorCode(error) === null ? null : (error as { readonly hint?: unknown }).hint;
  return typeof hint === 'string' ? { hint } : {};
}
