import { spawn } from 'node:child_process';

export interface CommandRun {
  /** The exit status, the name of the signal that ended it, why it could not start, or `aborted`. */
  readonly ended: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** More than any secret has; the rest is dropped. */
const KEEP_BYTES = 65_536;

/**
 * Runs the user's own text with `sh -c`, without stdin. Never rejects. When the signal fires the shell is ended and
 * the call returns at once, also when a grandchild still holds the pipes.
 */
export function runInShell(command: string, directory: string, signal: AbortSignal): Promise<CommandRun> {
  const { promise, resolve } = Promise.withResolvers<CommandRun>();
  const child = spawn('sh', ['-c', command], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const end = (ended: number | string) => resolve({ ended, stdout: stdout(), stderr: stderr() });
  const abort = () => {
    child.kill('SIGTERM');
    child.stdout.destroy();
    child.stderr.destroy();
    end('aborted');
  };
  child.once('error', (error) => end(error.message));
  child.once('close', (code, killedBy) => end(code ?? killedBy ?? 'unknown'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return promise.finally(() => signal.removeEventListener('abort', abort));
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  stream.on('data', (chunk: Buffer) => {
    if (sizeBytes < KEEP_BYTES) chunks.push(chunk.subarray(0, KEEP_BYTES - sizeBytes));
    sizeBytes += chunk.length;
  });
  return () => Buffer.concat(chunks).toString();
}
