import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorCode, ExecResult } from '../../contract/index.ts';
import { CutoverError, errorCode } from '../../contract/index.ts';
import { lostLock } from '../../lock/messages.ts';
import type { FenceJournal } from '../engine.ts';
import type { Link } from '../link.ts';
import { FAILED_BY_ITSELF, type Fields, readFields, renderScript, type Script, unframe } from './script.ts';

export interface RunOptions {
  readonly signal: AbortSignal;
  /** Data that the script reads from its stdin. It is asked for again when the script is run again. */
  readonly upload?: () => AsyncIterable<Uint8Array>;
  /** Of the fence under which the script runs. */
  readonly journal?: FenceJournal | undefined;
  /** The data goes beside another upload's, where there is room. */
  readonly isBeside?: boolean;
  /** How often it is tried when the connection is lost. Default: three times. */
  readonly attempts?: number;
}

/** With a script that runs: what it has printed so far, and lines for its stdin. */
export interface Talk {
  /** Called when a shell is given the script. */
  readonly onGiven: (tell: (line: string) => void) => void;
  /** Called whenever there are more fields. With the first ones it has passed the fence. */
  readonly onFields: (fields: Fields) => void;
}

export const ATTEMPTS = 3;
export const BACKOFF_MS = 400;
const LARGEST_ANSWER_BYTES = 256 * 1024 * 1024;

/**
 * Runs a script of ours and gives the fields it printed. Such scripts are convergent: when the connection is
 * lost and nobody knows what became of one, it is run again over a new connection.
 * Throws `E_REMOTE`, `E_UNKNOWN`, `E_CAPABILITY`, what the transport throws, or the code the script named; when the
 * signal fired `E_TIMEOUT` or `E_INTERRUPTED`.
 */
export async function runScript(link: Link, script: Script, options: RunOptions): Promise<Fields> {
  return untilKnown(() => runOnce(link, script, options), options).catch((error: unknown) => {
    throw named(link.server, script, options.signal, error);
  });
}

/** Runs a script once, and talks with it. Throws as `runScript`. */
export async function talkWith(
  link: Link,
  script: Script,
  talk: Talk,
  options: Pick<RunOptions, 'signal' | 'journal'>,
): Promise<Fields> {
  return runOnce(link, script, options, talk).catch((error: unknown) => {
    throw named(link.server, script, options.signal, error);
  });
}

/** Convergent work is done again when nobody knows what became of it. */
export async function untilKnown<T>(
  work: () => Promise<T>,
  options: Pick<RunOptions, 'signal' | 'attempts'>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const retryable =
        errorCode(error) === 'E_UNKNOWN' || (attempt > 1 && errorCode(error) === 'E_UNREACHABLE');
      if (!retryable || attempt === (options.attempts ?? ATTEMPTS) || options.signal.aborted) throw error;
      await delay(BACKOFF_MS * 2 ** (attempt - 1), undefined, { signal: options.signal });
    }
  }
}

/** The signal has a reason, but not one that a person could use. */
function named(server: string, script: Script, { aborted, reason }: AbortSignal, error: unknown): unknown {
  if (!aborted || errorCode(error) !== null) return error;
  const late = reason instanceof Error && reason.name === 'TimeoutError';
  return late
    ? new CutoverError('E_TIMEOUT', `${server}: "${script.name}" took too long and was given up.`, {
        server,
        cause: reason,
      })
    : new CutoverError('E_INTERRUPTED', `${server}: "${script.name}" was interrupted.`, {
        server,
        cause: reason,
      });
}

async function runOnce(link: Link, script: Script, options: RunOptions, talk?: Talk): Promise<Fields> {
  const nonce = randomBytes(12).toString('hex');
  const before = options.journal?.lines() ?? [];
  const { signal, upload, isBeside = false } = options;
  let isDelivered = false;
  const delivered = () => {
    if (!isDelivered) options.journal?.delivered(before);
    isDelivered = true;
  };
  const text = renderScript(script, nonce, {
    stdin: upload || talk ? 'data' : 'none',
    ...(options.journal ? { journal: { ...options.journal, before } } : {}),
  });
  const result = await (upload
    ? link.upload({ signal, isBeside, content: () => withScript(text, upload()) })
    : link.run(text, {
        signal,
        keepBytes: LARGEST_ANSWER_BYTES,
        ...(talk ? listening(talk, nonce, delivered) : {}),
      }));
  const fields = interpret(link.server, script, nonce, result);
  delivered();
  return fields;
}

/** Fields come whole only when their NUL has come. */
function listening({ onGiven, onFields }: Talk, nonce: string, onFirst: () => void) {
  let heard = new Uint8Array();
  return {
    onGiven,
    onStdout(chunk: Uint8Array) {
      heard = Buffer.concat([heard, chunk]);
      const framed = unframe(heard, nonce);
      if (!framed.begun) return;
      const fields = readFields(framed.body.subarray(0, framed.body.lastIndexOf(0) + 1));
      if (fields.one('failure') !== null) return;
      onFirst();
      onFields(fields);
    },
  };
}

async function* withScript(text: string, data: AsyncIterable<Uint8Array>) {
  yield Buffer.from(`${oneLine(text)}\n`);
  yield* data;
}

/** For `printf %b`: everything that is not plain is an octal escape, so the text fits one line of any shell. */
function oneLine(text: string): string {
  return Array.from(Buffer.from(text), (byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\0${byte.toString(8).padStart(3, '0')}`,
  ).join('');
}

function interpret(server: string, script: Script, nonce: string, result: ExecResult): Fields {
  const { exit } = result;
  const failure = failureIn(server, nonce, result);
  if (failure !== null) throw failure;
  const framed = unframe(result.stdout, nonce);
  if (exit.type === 'unknown') {
    throw new CutoverError(
      'E_UNKNOWN',
      `${server}: the connection was lost during "${script.name}" (${exit.reason}).`,
      { server },
    );
  }
  const said = lastLines(result.stderr) || lastLines(framed.begun ? new Uint8Array() : result.stdout);
  if (exit.type === 'code' && exit.code === 0 && framed.begun && framed.ended) return readFields(framed.body);
  if (!framed.begun) {
    throw new CutoverError(
      'E_CAPABILITY',
      `${server}: the login runs no POSIX shell: "sh -s" ended with ${inWords(exit)} and never began our script${said && `: ${said}`}.`,
      {
        server,
        hint: `Look at what "ssh <server> sh -s" does; a start-up file (.bashrc, ForceCommand) may exit early or replace the shell.`,
      },
    );
  }
  throw new CutoverError(
    /no space left|disk quota/i.test(said) ? 'E_DISK_FULL' : 'E_REMOTE',
    `${server}: "${script.name}" ended with ${inWords(exit)}${said && `: ${said}`}.`,
    { server },
  );
}

/** What a script said with `fail CODE text`; null when it did not. */
export function failureIn(server: string, nonce: string, { exit, stdout }: ExecResult): CutoverError | null {
  if (exit.type !== 'code' || exit.code !== FAILED_BY_ITSELF) return null;
  const framed = unframe(stdout, nonce);
  const failure = framed.begun ? readFields(framed.body).one('failure') : null;
  return failure === null ? null : saidFailure(server, failure);
}

/** `CODE text`; of a lost lock the text is the generation that rules now, and its record. */
export function saidFailure(server: string, said: string): CutoverError {
  const [code = '', ...words] = said.split(' ');
  if (code === 'E_FENCED') return lostLock(server, words[0] ?? '', words.slice(1).join(' '));
  return new CutoverError(code as ErrorCode, `${server}: ${words.join(' ')}`, { server });
}

export function inWords(exit: ExecResult['exit']): string {
  if (exit.type === 'code') return `exit status ${exit.code}`;
  return exit.type === 'signal' ? `signal ${exit.signal}` : `no exit status (${exit.reason})`;
}

function lastLines(bytes: Uint8Array): string {
  const lines = Buffer.from(bytes).toString('utf8').trim().split('\n').slice(-4);
  return lines.join(' | ').slice(-600);
}
