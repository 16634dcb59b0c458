import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { listen, type Spoken } from './spoken.ts';
import { ASKPASS, WATCHED } from './watched.ts';
import { endOf } from './words.ts';

/** An `ssh` that is logged in, and lets others through on its socket. */
export interface Master {
  readonly socketPath: string;
  /** Resolves when it has ended: null when we ended it, else why. */
  readonly gone: Promise<string | null>;
  end(): Promise<void>;
}

export interface MasterOptions {
  /** The program and its arguments, for a socket at this path. */
  readonly argv: (socketPath: string) => readonly string[];
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
  /** For all of the login, security keys included. */
  readonly limitMs: number;
}

/** How the login went wrong. */
export class MasterError extends Error {
  readonly lines: readonly string[];
  readonly exitCode: number | null;

  constructor(message: string, lines: readonly string[], exitCode: number | null) {
    super(message);
    this.name = 'MasterError';
    this.lines = lines;
    this.exitCode = exitCode;
  }
}

/**
 * Logs in. The master is a child in a session of its own: Ctrl-C does not reach it, it has no terminal to ask anything
 * on, and it ends when this process does. Rejects with a MasterError, or with the signal's reason.
 */
export async function startMaster(options: MasterOptions): Promise<Master> {
  const { signal, tell, limitMs } = options;
  signal.throwIfAborted();
  const directory = await mkdtemp(join(shortDirectory(), 'cutover-'));
  const askpass = join(directory, 'askpass');
  const [{ execa }] = await Promise.all([import('execa'), writeFile(askpass, ASKPASS, { mode: 0o700 })]);
  const socketPath = join(directory, 's');
  const child = execa('sh', ['-c', WATCHED, 'sh', directory, ...options.argv(socketPath)], {
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    cleanup: false,
    detached: true,
    env: { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' },
  });
  child.stdin.on('error', () => {});
  const spoken = listen(child.stderr, tell);
  const ended = endOfProgram(child).then(async (exitCode) => {
    spoken.hush();
    child.stderr.destroy();
    await rm(directory, { recursive: true, force: true });
    return exitCode;
  });
  const end = async () => {
    child.stdin.end();
    await ended;
  };
  try {
    await loggedIn({ socketPath, ended, spoken, signal, limitMs });
  } catch (error) {
    await end();
    throw error;
  }
  spoken.hush();
  const gone = Promise.withResolvers<string | null>();
  void ended.then((exitCode) => gone.resolve(endOf(spoken.lines(), exitCode)));
  return {
    socketPath,
    gone: gone.promise,
    end: () => {
      gone.resolve(null);
      return end();
    },
  };
}

/** Something that a ProxyCommand has left in the background may keep the streams open for ever. */
async function endOfProgram(
  child: { readonly nodeChildProcess: ChildProcess } & PromiseLike<{
    readonly exitCode?: number | undefined;
  }>,
): Promise<number | null> {
  const exited = new Promise<number | null>((resolve) => child.nodeChildProcess.once('exit', resolve));
  const closed = child.then(({ exitCode }) => exitCode ?? null);
  return Promise.race([closed, exited.then((exitCode) => delay(HELD_MS, exitCode))]);
}

const HELD_MS = 300;

/** A socket's path has few bytes, and ssh adds some to it while it makes the socket (unix(7), ssh's mux.c). */
function shortDirectory(): string {
  return Buffer.byteLength(tmpdir()) <= 60 ? tmpdir() : '/tmp';
}

interface Waiting extends Pick<MasterOptions, 'signal' | 'limitMs'> {
  readonly socketPath: string;
  readonly ended: Promise<number | null>;
  readonly spoken: Spoken;
}

/** The socket is there as soon as ssh is logged in, and not before. */
async function loggedIn({ socketPath, ended, spoken, signal, limitMs }: Waiting): Promise<void> {
  const failed = Promise.withResolvers<never>();
  const abort = () => failed.reject(signal.reason);
  const timer = setTimeout(() => {
    failed.reject(new MasterError(`the login was not done in ${limitMs / 1000} s`, spoken.lines(), null));
  }, limitMs);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  void ended.then((exitCode) => {
    failed.reject(new MasterError(endOf(spoken.lines(), exitCode), spoken.lines(), exitCode));
  });
  const over = new AbortController();
  try {
    await Promise.race([appeared(socketPath, over.signal), failed.promise]);
  } finally {
    over.abort();
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

async function appeared(path: string, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const found = await stat(path).catch(() => null);
    if (found !== null) return;
    await delay(LOOK_EVERY_MS);
  }
}

const LOOK_EVERY_MS = 10;
