import { stat } from 'node:fs/promises';
import { execa } from 'execa';
import { CutoverError } from '../../contract/index.ts';
import { cleanEnvironment } from './environment.ts';
import { gitError } from './gitError.ts';

/** A repository that was found: its git directory is given to every command, so that nothing is looked for again. */
export interface Repository {
  /** As it was configured, for messages. */
  readonly path: string;
  readonly gitDirectory: string;
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

/** Rejects with `E_SOURCE`: there is no directory, no repository, no git, or git refuses because of its owner. */
export async function openRepository(path: string, signal: AbortSignal): Promise<Repository> {
  const found = await stat(path).catch(() => null);
  if (!found?.isDirectory()) {
    throw new CutoverError('E_SOURCE', `The source repository ${path} is not a directory.`, {
      hint: 'Correct `source.git` in the configuration.',
    });
  }
  const args = ['rev-parse', '--absolute-git-dir'];
  const result = await runGit(path, args, { cwd: path, env: cleanEnvironment() }, { signal });
  if (result.exitCode !== 0) throw gitError(path, args, result);
  const gitDirectory = textOf(result.stdout).replace(/\n$/, '');
  return { path, gitDirectory };
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
  const child = execa('git', withSettings(args), {
    ...common(surroundings(repository, options), options),
    buffer: { stdout: false },
  });
  try {
    for await (const chunk of child.stdout) yield chunk as Uint8Array;
    const { failed, code, shortMessage = '', stderr } = await child;
    if (failed) throw gitError(repository.path, args, { stderr: textOf(stderr) || shortMessage, code });
  } finally {
    child.kill();
    options.signal.throwIfAborted();
  }
}

export function textOf(bytes: Uint8Array | string | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes as Uint8Array).toString();
}

/** A tree of a million files is listed in about 100 MB. */
const LARGEST_OUTPUT_BYTES = 2 ** 30;

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

export interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

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

/** Like `tryGit`, in a directory where git has to find the repository itself. `path` is for messages. */
export async function runGit(
  path: string,
  args: readonly string[],
  where: Surroundings,
  options: GitOptions,
): Promise<GitResult> {
  options.signal.throwIfAborted();
  const result = await execa('git', withSettings(args), common(where, options));
  options.signal.throwIfAborted();
  const { exitCode, stdout, code, shortMessage } = result;
  const stderr = textOf(result.stderr);
  if (exitCode === undefined) throw gitError(path, args, { stderr: stderr || shortMessage || '', code });
  return { exitCode, stdout, stderr };
}

function withSettings(args: readonly string[]): readonly string[] {
  return [...SETTINGS.flatMap((setting) => ['-c', setting]), ...args];
}

function common(where: Surroundings, options: GitOptions) {
  return {
    ...where,
    extendEnv: false,
    encoding: 'buffer',
    stripFinalNewline: false,
    reject: false,
    maxBuffer: LARGEST_OUTPUT_BYTES,
    cancelSignal: options.signal,
    input: options.input ?? '',
  } as const;
}
