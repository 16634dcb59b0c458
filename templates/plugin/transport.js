// @ts-check
/** @import { ExecRequest, ExecResult, Exit, Transport } from 'cutover/plugin' */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { CutoverError, defineExtension } from 'cutover/plugin';
import { readOptions, texts } from './options.js';

/**
 * Reaches a server by a program that runs others there, for example `[kubectl, exec, -i, web, --]`. Without one, this machine.
 * A program that hands a text to a shell, as ssh does, needs `quoteAll(argv)` of cutover/plugin instead of the words.
 */
export const transport = defineExtension({
  parse: (raw) => readOptions(raw, { program: texts }),
  /** @returns {Transport} */
  create: ({ program }) => ({
    address: program.join(' ') || 'this machine',
    async connect({ signal }) {
      signal.throwIfAborted();
      const over = new AbortController();
      /** @type {PromiseWithResolvers<null>} */
      const closed = Promise.withResolvers();
      return {
        exec: (request) => exec(program, request, over.signal),
        closed: closed.promise,
        async close() {
          over.abort();
          closed.resolve(null);
        },
      };
    },
  }),
});

/** Something that was left to run may keep the output open for ever. */
const QUIET_AFTER_EXIT_MS = 2_000;

/**
 * @param {readonly string[]} program
 * @param {ExecRequest} request
 * @param {AbortSignal} over Fires when the connection is closed. What runs goes on then, and nobody hears how it ends.
 * @returns {Promise<ExecResult>}
 */
async function exec(program, { argv, stdin, signal, onStdout, onStderr, keepBytes = 65_536 }, over) {
  requireRunnable(argv);
  signal.throwIfAborted();
  if (over.aborted) throw new CutoverError('E_UNREACHABLE', 'The connection is closed.');
  const [file = '', ...args] = [...program, ...argv];
  // In a group of its own, so that Ctrl-C does not end it: the signal does.
  const child = spawn(file, args, { stdio: 'pipe', detached: true });
  const stdout = lastOf(child.stdout, keepBytes, onStdout);
  const stderr = lastOf(child.stderr, keepBytes, onStderr);
  await once(child, 'spawn').catch((cause) => {
    throw new CutoverError('E_CAPABILITY', `${file} could not be started: ${cause.message}`, { cause });
  });
  const closed = once(child, 'close');
  /** @type {Promise<Exit>} */
  const exited = once(child, 'exit').then(([code, killedBy]) => exitOf(code, killedBy));
  const stop = Promise.withResolvers();
  const abort = () => stop.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  /** @type {PromiseWithResolvers<Exit>} */
  const unseen = Promise.withResolvers();
  const leave = () => unseen.resolve({ type: 'unknown', reason: 'the connection was closed' });
  over.addEventListener('abort', leave, { once: true });
  if (signal.aborted) abort();
  feed(child.stdin, stdin).catch(stop.reject);
  try {
    const exit = await Promise.race([exited, unseen.promise, stop.promise]);
    if (exit.type !== 'unknown')
      await Promise.race([closed, delay(QUIET_AFTER_EXIT_MS, null, { ref: false }), stop.promise]);
    return { exit, stdout: stdout(), stderr: stderr() };
  } catch (error) {
    endGroup(child.pid);
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    over.removeEventListener('abort', leave);
    for (const stream of child.stdio) stream?.destroy();
  }
}

/** @param {readonly string[]} argv */
function requireRunnable(argv) {
  if (argv.length === 0 || argv.some((word) => word.includes('\0')))
    throw new CutoverError('E_USAGE', 'There is no program to run, or a NUL byte in a word.');
}

/**
 * A command whose end nobody saw is `unknown`: that is neither success nor failure, and cutover asks the server.
 * @param {number | null} code
 * @param {string | null} killedBy
 * @returns {Exit}
 */
function exitOf(code, killedBy) {
  if (code !== null) return { type: 'code', code };
  return killedBy === null
    ? { type: 'unknown', reason: 'it ended without a status' }
    : { type: 'signal', signal: killedBy };
}

/**
 * @param {import('node:stream').Writable} stream
 * @param {ExecRequest['stdin']} content
 */
async function feed(stream, content) {
  // Who ends before it has read everything wants no more: its exit status says how it went.
  stream.on('error', () => {});
  for await (const chunk of typeof content === 'string' ? [content] : (content ?? [])) {
    if (stream.destroyed) return;
    // The memory of a chunk may be used again once the next is asked for.
    await new Promise((resolve) => stream.write(chunk, resolve));
  }
  stream.end();
}

/**
 * @param {import('node:stream').Readable} stream
 * @param {number} keepBytes
 * @param {((chunk: Uint8Array) => void) | undefined} listener
 */
function lastOf(stream, keepBytes, listener) {
  let kept = Buffer.alloc(0);
  stream.on('data', (chunk) => {
    listener?.(chunk);
    kept = Buffer.concat([kept, chunk]);
    if (kept.length > keepBytes) kept = kept.subarray(kept.length - keepBytes);
  });
  return () => kept;
}

/** @param {number | undefined} pid */
function endGroup(pid) {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
