import { type ChildProcessWithoutNullStreams as Child, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  CutoverError,
  type ExecRequest,
  type ExecResult,
  type Exit,
  messageOf,
} from '../../core/contract/index.ts';
import { refuseUnusable } from '../refuseUnusable.ts';
import { attend } from '../streams/attend.ts';

/**
 * Runs a program directly, without a shell, in a process group of its own: it outlives Ctrl-C as a command on a
 * server does, and the abort signal ends it with all its children. `gone`: nobody waits for its end any more, which is
 * `unknown` then; it is left alone. Default: somebody does.
 */
export async function exec(
  request: ExecRequest,
  gone: Promise<null> = new Promise(() => {}),
): Promise<ExecResult> {
  const { argv, signal } = request;
  refuseUnusable(argv);
  signal.throwIfAborted();
  const child = await start(argv);
  const { stdin, stdout, stderr } = child;
  try {
    return await attend({ stdin, stdout, stderr, gone, ended: () => exitOf(child) }, request);
  } catch (error) {
    killGroup(child.pid);
    throw error;
  } finally {
    for (const stream of [stdin, stdout, stderr]) stream.destroy();
    // One that is left alone, and runs on, does not keep this program.
    child.unref();
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

function exitOf(child: Child): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, killedBy) => {
      if (code !== null) resolve({ type: 'code', code });
      else if (killedBy !== null) resolve({ type: 'signal', signal: killedBy });
      else resolve({ type: 'unknown', reason: 'the process ended without an exit status' });
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has ended by itself.
  }
}
