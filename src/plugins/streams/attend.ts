import type { Readable, Writable } from 'node:stream';
import type { ExecRequest, ExecResult, Exit } from '../../core/contract/index.ts';
import { feed } from './feed.ts';
import { follow } from './follow.ts';
import { untilQuiet } from './quiet.ts';

/** A command that has been started. */
export interface Running {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Asked once, at once. `said`: what both streams have said so far. Rejects when nothing was started after all. */
  readonly ended: (said: () => string) => Promise<Exit>;
  /** Resolves when nobody hears of it any more, which makes its end `unknown`: null when we ended that, else why. */
  readonly gone: Promise<string | null>;
}

/**
 * Feeds a command and reads it until it has ended and what it said has been read; what it leaves in the background may
 * hold its streams open for ever. Rejects with the signal's reason, and with what reading the input threw: the command
 * runs on then, and the caller has to end it.
 */
export async function attend(running: Running, request: ExecRequest): Promise<ExecResult> {
  const { signal, keepBytes } = request;
  const over = new AbortController();
  const stop = Promise.withResolvers<never>();
  const abort = () => stop.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const unlessOver = (tell?: (chunk: Uint8Array) => void) => (chunk: Uint8Array) => {
    if (!over.signal.aborted) tell?.(chunk);
  };
  const stdout = follow(running.stdout, keepBytes, unlessOver(request.onStdout));
  const stderr = follow(running.stderr, keepBytes, unlessOver(request.onStderr));
  feed(running.stdin, request.stdin, over.signal).catch(stop.reject);
  const gone = running.gone.then((reason): Exit => {
    return { type: 'unknown', reason: reason ?? 'the connection was closed while the command ran' };
  });
  try {
    const ended = running.ended(() => Buffer.concat([stdout.bytes(), stderr.bytes()]).toString());
    const exit = await Promise.race([ended, gone, stop.promise]);
    const quiet = untilQuiet([running.stdout, running.stderr], QUIET_AFTER_EXIT_MS);
    await Promise.race([quiet, gone, stop.promise]);
    return { exit, stdout: stdout.bytes(), stderr: stderr.bytes() };
  } finally {
    over.abort();
    signal.removeEventListener('abort', abort);
  }
}

const QUIET_AFTER_EXIT_MS = 2_000;
