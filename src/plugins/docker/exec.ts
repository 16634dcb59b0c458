import { setTimeout as delay } from 'node:timers/promises';
import { CutoverError, type ExecRequest, type ExecResult, type Exit } from '../../core/contract/index.ts';
import { feed } from '../streams/feed.ts';
import { follow } from '../streams/follow.ts';
import { untilQuiet } from '../streams/quiet.ts';
import { type Command, endCommand, startCommand } from './command.ts';
import type { Engine } from './engine.ts';
import { refusal } from './failure.ts';
import type { Options } from './options.ts';

export interface Container {
  readonly options: Options;
  readonly engine: Engine;
  /** Resolves when the container is not reached any more: null when we closed, else why. */
  readonly gone: Promise<string | null>;
  /** Somebody waits for this before the connection is closed. */
  readonly finishing: (work: Promise<unknown>) => void;
}

/** Runs a program in the container. Its words arrive as they are, because no shell reads them. */
export async function exec(container: Container, request: ExecRequest): Promise<ExecResult> {
  const { argv, signal } = request;
  refuse(argv);
  signal.throwIfAborted();
  const command = await startCommand(container.engine, argv);
  const over = new AbortController();
  const stop = Promise.withResolvers<never>();
  const abort = () => stop.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const unlessOver = (tell?: (chunk: Uint8Array) => void) => (chunk: Uint8Array) => {
    if (!over.signal.aborted) tell?.(chunk);
  };
  const stdout = follow(command.stdout, request.keepBytes, unlessOver(request.onStdout));
  const stderr = follow(command.stderr, request.keepBytes, unlessOver(request.onStderr));
  feed(command.client.stdin, request.stdin, over.signal).catch(stop.reject);
  const gone = container.gone.then((reason): Exit => {
    return { type: 'unknown', reason: reason ?? 'the connection was closed while the command ran' };
  });
  try {
    // The engine says on either stream why it starts nothing.
    const said = () => Buffer.concat([stdout.bytes(), stderr.bytes()]).toString();
    const exit = await Promise.race([exitOf(command, container, said, gone), gone, stop.promise]);
    const quiet = untilQuiet([command.stdout, command.stderr], QUIET_AFTER_EXIT_MS);
    await Promise.race([quiet, container.gone, stop.promise]);
    command.client.kill('SIGKILL');
    return { exit, stdout: stdout.bytes(), stderr: stderr.bytes() };
  } catch (error) {
    container.finishing(endCommand(container.engine, command));
    throw error;
  } finally {
    over.abort();
    signal.removeEventListener('abort', abort);
  }
}

const QUIET_AFTER_EXIT_MS = 2_000;
const PATIENCE_MS = 1_000;

/** Rejects when it is certain that nothing was started. */
async function exitOf(
  command: Command,
  { options }: Container,
  said: () => string,
  gone: Promise<Exit>,
): Promise<Exit> {
  const status = await command.status;
  if (status !== null) return { type: 'code', code: status };
  const refused = (await command.group) === null ? refusal(options, said()) : null;
  if (refused !== null) throw refused;
  const reason = 'the engine told no exit status';
  // Who knows why tells it first: a container that has stopped, for example.
  return Promise.race([gone, delay(PATIENCE_MS, { type: 'unknown', reason } as const, { ref: false })]);
}

function refuse(argv: readonly string[]): void {
  if (argv[0] === undefined || argv[0] === '')
    throw new CutoverError('E_USAGE', 'There is no program to run.');
  if (argv.some((word) => word.includes('\0'))) {
    throw new CutoverError('E_USAGE', 'A NUL byte cannot be passed to a program.');
  }
}
