import { type ChildProcessWithoutNullStreams as Child, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Connection, ExecRequest, ExecResult, Exit, Transport } from '../contract/index.ts';

export interface LocalOptions {
  /** Instead of the environment of the tests. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What is started for a command line: a login shell, another user, something that is no shell at all. */
  readonly wrap?: (argv: readonly string[]) => readonly string[];
}

/** A server that is this machine. */
export function localTransport(options: LocalOptions = {}): Transport {
  return { address: 'here', connect: async () => localConnection(options) };
}

/** The same for somebody to whom something is closed, as nothing is to root. */
export function ordinaryUser(): Transport {
  const wrap = (argv: readonly string[]) =>
    process.getuid?.() === 0
      ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...argv]
      : argv;
  return localTransport({ wrap });
}

/** A link to this machine that runs commands, and nothing else. */
export function localConnection(options: LocalOptions = {}): Connection & Required<Pick<Connection, 'exec'>> {
  const closed = Promise.withResolvers<null>();
  return {
    exec: (request) => run(request, options),
    closed: closed.promise,
    close: async () => closed.resolve(null),
  };
}

const KEEP_BYTES = 65_536;

async function run(request: ExecRequest, { env = process.env, wrap }: LocalOptions): Promise<ExecResult> {
  const { signal, stdin = '', keepBytes = KEEP_BYTES } = request;
  signal.throwIfAborted();
  const [program = '', ...words] = wrap ? wrap(request.argv) : request.argv;
  const child: Child = spawn(program, words, { stdio: 'pipe', detached: true, env });
  const stop = Promise.withResolvers<never>();
  const abort = () => stop.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  child.once('error', stop.reject);
  const stdout = tail(child.stdout, keepBytes, request.onStdout);
  const stderr = tail(child.stderr, keepBytes, request.onStderr);
  // Not before it is there, as with every transport.
  once(child, 'spawn')
    .then(() => feed(child.stdin, typeof stdin === 'string' ? [Buffer.from(stdin)] : stdin))
    .catch(stop.reject);
  try {
    const [code, killedBy] = await Promise.race([once(child, 'close'), stop.promise]);
    return { exit: exitOf(code, killedBy), stdout: stdout(), stderr: stderr() };
  } catch (error) {
    if (child.pid !== undefined) killGroup(child.pid);
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** A chunk is written before the next is asked for. Nobody has to read all of it. */
async function feed(
  stdin: Writable,
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const gone = new Promise<'gone'>((resolve) => {
    for (const event of ['error', 'close']) stdin.once(event, () => resolve('gone'));
  });
  for await (const chunk of content) {
    const written = new Promise((resolve) => stdin.write(chunk, resolve));
    if ((await Promise.race([written, gone])) === 'gone') return;
  }
  stdin.end();
}

function tail(stream: Readable, keepBytes: number, watch?: (chunk: Uint8Array) => void): () => Uint8Array {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  stream.on('data', (chunk: Buffer) => {
    watch?.(chunk);
    kept.push(chunk);
    keptBytes += chunk.length;
    if (keptBytes < 2 * keepBytes) return;
    kept = keepBytes === 0 ? [] : [Buffer.concat(kept).subarray(-keepBytes)];
    keptBytes = kept[0]?.length ?? 0;
  });
  return () => (keepBytes === 0 ? Buffer.alloc(0) : Buffer.concat(kept).subarray(-keepBytes));
}

function exitOf(code: number | null, killedBy: string | null): Exit {
  return code === null ? { type: 'signal', signal: killedBy ?? 'unknown' } : { type: 'code', code };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
