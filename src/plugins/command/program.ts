import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { CutoverError, messageOf } from '../../core/contract/index.ts';
import { feed } from '../streams/feed.ts';
import { follow } from '../streams/follow.ts';
import { untilQuiet } from '../streams/quiet.ts';
import { eachLine } from './lines.ts';

export interface Program {
  readonly argv: readonly [string, ...string[]];
  readonly directory: string;
  /** The whole environment. */
  readonly environment: NodeJS.ProcessEnv;
  /** What it can read. Default: nothing. */
  readonly input?: string;
}

/** How a program ended. */
export type End =
  | { readonly type: 'code'; readonly code: number }
  | { readonly type: 'signal'; readonly signal: NodeJS.Signals };

type Asked = { readonly run?: string | undefined; readonly argv?: Program['argv'] | undefined };

/** A text is for the shell. */
export function argvOf({ run, argv }: Asked): Program['argv'] {
  return argv ?? ['sh', '-c', run ?? ''];
}

/** For messages, as it was asked for. */
export function shownProgram({ run, argv }: Asked): string {
  return `\`${run ?? argv?.join(' ')}\``;
}

export function shownEnd(end: End): string {
  return end.type === 'code' ? `ended with status ${end.code}` : `was ended by ${end.signal}`;
}

/** What a program leaves in the background may hold its output open for ever. */
const QUIET_AFTER_EXIT_MS = 2_000;
/** From the polite signal to the other one. */
const GRACE_MS = 2_000;

/**
 * Runs a program in a process group of its own, and tells each line of both streams. When the signal fires
 * the whole group is ended, and it rejects with the signal's reason; with `E_CAPABILITY` when it cannot be started.
 */
export async function runProgram(
  program: Program,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<End> {
  signal.throwIfAborted();
  const child = await start(program);
  if (child.stdin !== null) void feed(child.stdin, program.input);
  const [stdout, stderr] = [eachLine(tell), eachLine(tell)];
  follow(child.stdout, 0, stdout.push);
  follow(child.stderr, 0, stderr.push);
  const exited = new Promise<End>((resolve) => {
    child.once('exit', (code, killedBy) => resolve(endOf(code, killedBy)));
  });
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const end = await Promise.race([exited, stopped.promise]);
    await Promise.race([untilQuiet([child.stdout, child.stderr], QUIET_AFTER_EXIT_MS), stopped.promise]);
    return end;
  } catch (error) {
    await endGroup(child.pid);
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    child.stdin?.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
    for (const lines of [stdout, stderr]) lines.end();
  }
}

type Child = ChildProcessByStdio<Writable | null, Readable, Readable>;

async function start({ argv: [file, ...args], directory, environment, input }: Program): Promise<Child> {
  try {
    const child = spawn(file, args, {
      cwd: directory,
      env: environment,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    await once(child as ChildProcess, 'spawn');
    return child as Child;
  } catch (cause) {
    throw new CutoverError(
      'E_CAPABILITY',
      `\`${file}\` cannot be started in ${directory}: ${messageOf(cause)}`,
      {
        hint: 'Does the program exist on this machine, and the directory, too?',
        cause,
      },
    );
  }
}

function endOf(code: number | null, killedBy: NodeJS.Signals | null): End {
  return killedBy === null ? { type: 'code', code: code ?? 0 } : { type: 'signal', signal: killedBy };
}

/** All of it, and not only its leader, has its time: a shell ends at once, while what it runs may have to tidy. */
async function endGroup(pid: number | undefined): Promise<void> {
  if (pid === undefined || !sent(pid, 'SIGTERM')) return;
  const overMs = performance.now() + GRACE_MS;
  while (performance.now() < overMs) {
    await delay(LOOK_EVERY_MS);
    if (!sent(pid, 0)) return;
  }
  sent(pid, 'SIGKILL');
}

const LOOK_EVERY_MS = 20;

/** 0 only asks. False: the group has ended. */
function sent(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}
