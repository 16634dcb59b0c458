import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { currentTestRun } from './testRun.ts';

export interface CutoverOptions {
  readonly cwd: string;
  /** Added to the few variables that are set. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input. Default: empty. */
  readonly input?: string;
  /** The home directory; by default `homeOf(cwd)`, so that commands in one directory share their state. */
  readonly home?: string;
}

export interface CutoverResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real command line to its end. Never rejects for an exit code. */
export async function cutover(args: readonly string[], options: CutoverOptions): Promise<CutoverResult> {
  const result = await startCutover(args, options);
  return { exitCode: result.exitCode ?? null, stdout: result.stdout, stderr: result.stderr };
}

/** Starts the real command line, for a test that watches or kills it. */
export function startCutover(args: readonly string[], options: CutoverOptions) {
  const home = options.home ?? homeOf(options.cwd);
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  const bin = fileURLToPath(new URL('../../../bin/cutover.js', import.meta.url));
  return execa(process.execPath, [bin, ...args], {
    cwd: options.cwd,
    env: { ...environment(home), ...options.env },
    extendEnv: false,
    reject: false,
    input: options.input ?? '',
  });
}

export type CutoverProcess = ReturnType<typeof startCutover>;

/** Where commands started in `cwd` have their home: `.ssh` in it is theirs, and `state` their local state. */
export function homeOf(cwd: string): string {
  return join(homes(), createHash('sha256').update(cwd).digest('hex').slice(0, 16));
}

let madeHomes: string | null = null;

function homes(): string {
  const run = currentTestRun();
  if (run !== null) return join(run.directory, 'homes');
  if (madeHomes === null) {
    const made = mkdtempSync(join(tmpdir(), 'cutover-homes-'));
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    madeHomes = made;
  }
  return madeHomes;
}

function environment(home: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    CUTOVER_STATE_DIR: join(home, 'state'),
    LANG: 'C.UTF-8',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  };
}
