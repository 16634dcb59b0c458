import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { whole } from './byteReader.ts';
import { cleanEnvironment } from './environment.ts';
import { gitError } from './gitError.ts';

/** A repository that was found: its git directory is given to every command, so that nothing is looked for again. */
export interface Repository {
  /** As it was configured, for messages. */
  readonly path: string;
  readonly gitDirectory: string;
}

/** Where a command runs. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface GitOptions {
  readonly signal: AbortSignal;
  readonly input?: string | Uint8Array;
  readonly indexFile?: string;
}

export interface GitResult {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

/** Runs to the end, whatever the exit status. Rejects with the signal's reason when that fires. */
export function tryGit(
  repository: Repository,
  args: readonly string[],
  options: GitOptions,
): Promise<GitResult> {
  return runGit(repository.path, args, surroundings(repository, options), options);
}

/** Like `tryGit`, and rejects with `E_SOURCE` and git's words when it fails. */
export async function git(
  repository: Repository,
  args: readonly string[],
  options: GitOptions,
): Promise<Uint8Array> {
  const result = await tryGit(repository, args, options);
  if (result.exitCode !== 0) throw gitError(repository.path, args, result);
  return result.stdout;
}

/** Like `tryGit`, in a directory where git has to find the repository itself. `path` is for messages. */
export async function runGit(
  path: string,
  args: readonly string[],
  where: Surroundings,
  { signal, input = '' }: GitOptions,
): Promise<GitResult> {
  signal.throwIfAborted();
  const child = startGit(args, where);
  const stop = killOn(signal, child);
  try {
    child.stdin.end(input);
    const [stdout, { exitCode, code, stderr }] = await Promise.all([whole(child.stdout), child.ended]);
    signal.throwIfAborted();
    if (exitCode === null) throw gitError(path, args, { stderr, code });
    return { exitCode, stdout, stderr };
  } finally {
    stop();
  }
}

/**
 * The output while git writes it. Ends git when the reader stops early; throws at the end when git failed or the
 * signal fired.
 */
export async function* gitStream(
  repository: Repository,
  args: readonly string[],
  options: GitOptions,
): AsyncGenerator<Uint8Array> {
  options.signal.throwIfAborted();
  const child = startGit(args, surroundings(repository, options));
  const stop = killOn(options.signal, child);
  try {
    child.stdin.end(options.input ?? '');
    for await (const chunk of child.stdout) yield chunk as Uint8Array;
    const { exitCode, code, stderr } = await child.ended;
    if (exitCode !== 0 && !options.signal.aborted) throw gitError(repository.path, args, { stderr, code });
  } finally {
    stop();
    child.kill();
    options.signal.throwIfAborted();
  }
}

/** How git ended: without a status when it could not be started (`code`), or was killed. */
export interface Ending {
  readonly exitCode: number | null;
  readonly code: string | undefined;
  readonly stderr: string;
}

export type GitProcess = ChildProcessWithoutNullStreams & { readonly ended: Promise<Ending> };

/** With our settings. A command that does not read its input to the end is no failure. */
export function startGit(args: readonly string[], { cwd, env }: Surroundings): GitProcess {
  const child = spawn('git', [...SETTINGS.flatMap((setting) => ['-c', setting]), ...args], { cwd, env });
  let stderr = '';
  child.stdin.on('error', () => undefined);
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < LONGEST_STDERR) stderr += chunk.toString();
  });
  const ended = new Promise<Ending>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ exitCode: null, code: error.code, stderr: stderr || error.message }),
    );
    child.on('close', (exitCode, killedBy) =>
      resolve({ exitCode, code: undefined, stderr: stderr || (killedBy ?? '') }),
    );
  });
  return Object.assign(child, { ended });
}

/** Gives a function that stops listening. */
export function killOn(signal: AbortSignal, child: GitProcess): () => void {
  const kill = () => child.kill();
  signal.addEventListener('abort', kill, { once: true });
  return () => signal.removeEventListener('abort', kill);
}

export function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString();
}

const LONGEST_STDERR = 100_000;

/**
 * Line ends and attributes must not depend on this machine; nothing is written into the repository, no hook runs.
 * What is in Git LFS is found without its programs.
 */
const SETTINGS = [
  'core.autocrlf=false',
  'core.eol=lf',
  'core.attributesFile=/dev/null',
  'core.splitIndex=false',
  'core.hooksPath=/dev/null',
  ...['process=', 'smudge=', 'required=false'].map((setting) => `filter.lfs.${setting}`),
];

function surroundings(repository: Repository, options: GitOptions): Surroundings {
  const index = options.indexFile === undefined ? {} : { GIT_INDEX_FILE: options.indexFile };
  const env = {
    ...cleanEnvironment(),
    GIT_DIR: repository.gitDirectory,
    // A submodule's repository names its work tree, and git fails where that is not there.
    GIT_WORK_TREE: repository.gitDirectory,
    ...index,
  };
  return { cwd: repository.gitDirectory, env };
}
