import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProgramOptions {
  readonly cwd?: string;
  /** The whole environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onStart?: (pid: number) => void;
  /** The one that is right. Default: 0. */
  readonly exitCode?: number;
}

export interface Finished {
  readonly ms: number;
  readonly output: string;
}

/** No deployment takes that long: it hangs. */
const deadlineMs = 1_800_000;

/** So long what a program has written is waited for after its end. */
const drainMs = 500;

/**
 * Runs a program to its end, timed from the start of the process to its exit. Rejects when that is another status than is
 * right, with the end of what it wrote. What it leaves in the background may keep its output open and is not waited for.
 */
export async function program(argv: readonly string[], options: ProgramOptions = {}): Promise<Finished> {
  const { ms, exitCode, output } = await finish(argv, options);
  if (exitCode === (options.exitCode ?? 0)) return { ms, output };
  const name = argv
    .slice(0, 2)
    .map((word) => basename(word))
    .join(' ');
  throw new Error(`${name} … ended with ${exitCode}: ${tail(output)}`);
}

/** A program on PATH that can be started, or not. */
export async function isInstalled(...argv: readonly string[]): Promise<boolean> {
  return program(argv).then(
    () => true,
    () => false,
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function finish(argv: readonly string[], { cwd, env, onStart }: ProgramOptions) {
  const [file, ...args] = argv;
  const startedAt = performance.now();
  const child = spawn(file!, args, {
    cwd,
    env: env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => output.push(chunk));
  }
  const closed = once(child, 'close').catch(() => {});
  const exitCode = await new Promise<number | string | null>((resolve, reject) => {
    child.once('error', reject).once('exit', (code, signal) => resolve(code ?? signal));
    if (child.pid !== undefined) onStart?.(child.pid);
  });
  const ms = performance.now() - startedAt;
  await Promise.race([closed, sleep(drainMs, undefined, { ref: false })]);
  return { ms, exitCode, output: Buffer.concat(output).toString() };
}

function tail(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').replaceAll('|', '/').slice(-300);
}
