import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { NotAsTold } from './claim.ts';

export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/**
 * Runs a program to its end, in a process group of its own: Ctrl-C reaches it once, through us. Rejects when it cannot
 * be started, or when the signal ended it.
 */
export async function run(program: string, args: readonly string[], options: RunOptions): Promise<Run> {
  const { cwd, env, signal } = options;
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const end = () => child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  try {
    const [[exitCode], stdout, stderr] = await Promise.all([
      once(child, 'close').catch((error: Error) => {
        throw new NotAsTold(`${program} could not be started: ${error.message}`);
      }),
      text(child.stdout),
      text(child.stderr),
    ]);
    signal.throwIfAborted();
    return { exitCode: Number(exitCode ?? -1), stdout, stderr };
  } finally {
    signal.removeEventListener('abort', end);
  }
}
