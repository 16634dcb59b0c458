import { type ChildProcessWithoutNullStreams as Child, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  CutoverError,
  type ExecRequest,
  type ExecResult,
  type Exit,
  messageOf,
} from '../../core/contract/index.ts';
import { feed } from '../streams/feed.ts';
import { follow } from '../streams/follow.ts';
import { untilQuiet } from '../streams/quiet.ts';

const QUIET_AFTER_EXIT_MS = 2_000;

/**
 * Runs a program directly, without a shell, in a process group of its own: it outlives Ctrl-C as a command on a
 * server does, and the abort signal ends it with all its children. `closed`: nobody waits for its end any more, which is
 * `unknown` then; it is left alone.
 */
export async function exec(request: ExecRequest, closed?: AbortSignal): Promise<ExecResult> {
  const { argv, signal, keepBytes } = request;
  refuse(argv);
  signal.throwIfAborted();
  const child = await start(argv);
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, killedBy) => resolve(exitOf(code, killedBy)));
  });

  const stop = Promise.withResolvers<never>();
  const abort = () => stop.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const left = Promise.withResolvers<Exit>();
  const leave = () =>
    left.resolve({ type: 'unknown', reason: 'the connection was closed while the command ran' });
  closed?.addEventListener('abort', leave, { once: true });
  if (closed?.aborted === true) leave();
  const stdout = follow(child.stdout, keepBytes, request.onStdout);
  const stderr = follow(child.stderr, keepBytes, request.onStderr);
  feed(child.stdin, request.stdin, closed).catch(stop.reject);
  try {
    const exit = await Promise.race([exited, left.promise, stop.promise]);
    const quiet = untilQuiet([child.stdout, child.stderr], QUIET_AFTER_EXIT_MS);
    await Promise.race([quiet, left.promise, stop.promise]);
    return { exit, stdout: stdout.bytes(), stderr: stderr.bytes() };
  } catch (error) {
    killGroup(child.pid);
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    closed?.removeEventListener('abort', leave);
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
    // One that is left alone, and runs on, does not keep this program.
    child.unref();
  }
}

function refuse(argv: readonly string[]): void {
  if (argv[0] === undefined || argv[0] === '')
    throw new CutoverError('E_USAGE', 'There is no program to run.');
  if (argv.some((word) => word.includes('\0'))) {
    throw new CutoverError('E_USAGE', 'A NUL byte cannot be passed to a program.');
  }
}

async function start(argv: readonly string[]): Promise<Child> {
  try {
    const child = spawn(argv[0] as string, argv.slice(1), { stdio: 'pipe', detached: true });
    await once(child, 'spawn');
    return child;
  } catch (cause) {
    throw new CutoverError(
      'E_CAPABILITY',
      `Could not start \`${argv[0]}\` on this machine: ${messageOf(cause)}`,
      { hint: `Install \`${argv[0]}\`, or put its directory on PATH.`, cause },
    );
  }
}

function exitOf(code: number | null, killedBy: NodeJS.Signals | null): Exit {
  if (code !== null) return { type: 'code', code };
  if (killedBy !== null) return { type: 'signal', signal: killedBy };
  return { type: 'unknown', reason: 'the process ended without an exit status' };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has ended by itself.
  }
}
