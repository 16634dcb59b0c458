import { readFile, stat } from 'node:fs/promises';
import { CutoverError, messageOf, type SecretReference } from '../contract/index.ts';
import { resolvePath } from './resolvePath.ts';
import { type CommandRun, runInShell } from './runInShell.ts';

export interface SecretContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of the configuration: relative files are found from it, and commands run in it. */
  readonly baseDirectory: string;
  readonly signal: AbortSignal;
  /** Told when a secret's file can be read by others. */
  readonly warn: (message: string) => void;
  /** Runs a command of the user's. Default: `sh -c`. */
  readonly run?: (command: string, directory: string, signal: AbortSignal) => Promise<CommandRun>;
}

/** A file that is larger is none of the secrets we know. */
const MAX_FILE_BYTES = 65_536;
const COMMAND_TIMEOUT_MS = 30_000;

/**
 * The value that a reference stands for, without one newline at its end. Rejects with `E_CONFIG` when there is none;
 * no error ever holds a value.
 */
export async function resolveSecret(reference: SecretReference, context: SecretContext): Promise<string> {
  if ('env' in reference) return fromEnvironment(reference.env, context);
  if ('file' in reference) return fromFile(reference.file, context);
  return fromCommand(reference.command, context);
}

function fromEnvironment(name: string, { env }: SecretContext): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  const state = value === undefined ? 'is not set' : 'is empty';
  throw new CutoverError('E_CONFIG', `A secret is missing: the environment variable ${name} ${state}.`, {
    hint: `export ${name}=…`,
  });
}

async function fromFile(path: string, { baseDirectory, warn }: SecretContext): Promise<string> {
  const file = resolvePath(baseDirectory, path);
  const { mode, content } = await readSmallFile(file);
  if ((mode & 0o077) !== 0) warn(`${file} holds a secret and others may read it; chmod 600 ${file}`);
  const value = content.replace(/\r?\n$/, '');
  if (value === '') throw new CutoverError('E_CONFIG', `A secret is missing: ${file} is empty.`);
  return value;
}

async function readSmallFile(file: string): Promise<{ readonly mode: number; readonly content: string }> {
  try {
    const stats = await stat(file);
    if (!stats.isFile()) throw new Error('it is not a file');
    if (stats.size > MAX_FILE_BYTES) throw new Error(`it is larger than ${MAX_FILE_BYTES} bytes`);
    return { mode: stats.mode, content: await readFile(file, 'utf8') };
  } catch (error) {
    throw new CutoverError('E_CONFIG', `The secret in ${file} could not be read: ${messageOf(error)}.`, {
      hint: `ls -l ${file}`,
      cause: error,
    });
  }
}

async function fromCommand(command: string, context: SecretContext): Promise<string> {
  const { baseDirectory, signal, run = runInShell } = context;
  const deadline = AbortSignal.timeout(COMMAND_TIMEOUT_MS);
  const result = await run(command, baseDirectory, AbortSignal.any([signal, deadline]));
  // Its arguments may be secret too: only the program is named.
  const what = `The command for a secret (${command.trim().split(/\s/, 1)[0]} …)`;
  if (signal.aborted) throw new CutoverError('E_INTERRUPTED', `${what} was interrupted.`);
  const failure = failureOf(result);
  if (failure === null) return result.stdout.replace(/\r?\n$/, '');
  const said = result.stderr.trim();
  throw new CutoverError('E_CONFIG', `${what} ${failure}${said === '' ? '.' : `: ${said}`}`, {
    hint: `Run it yourself in ${baseDirectory}`,
  });
}

function failureOf({ ended, stdout }: CommandRun): string | null {
  if (ended === 'aborted') return `did not end within ${COMMAND_TIMEOUT_MS / 1000} s`;
  if (ended !== 0) return `failed (${ended})`;
  return stdout.trim() === '' ? 'printed nothing' : null;
}
