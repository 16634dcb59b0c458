import { CutoverError } from '../../core/contract/index.ts';
import { showDuration } from '../duration.ts';
import { untilQuiet } from '../streams/quiet.ts';
import { type Client, type Engine, ended } from './engine.ts';
import { startFailure } from './failure.ts';
import type { Options } from './options.ts';

/** A program that stays in the container and answers every line: as long as it does, the container is reached. */
export interface Watch {
  /** Resolves when it has ended or is silent: null when we ended it, else why. */
  readonly gone: Promise<string | null>;
  end(): Promise<void>;
}

/** It ends with its input, so with this process, however that ends. */
export async function startWatch(engine: Engine, options: Options, signal: AbortSignal): Promise<Watch> {
  signal.throwIfAborted();
  const client = await engine.start(['sh', '-c', ECHO]);
  const gone = Promise.withResolvers<string | null>();
  const first = Promise.withResolvers<void>();
  let said = '';
  let unanswered = 0;
  const listen = (text: string) => {
    said = `${said}${text}`.slice(-MOST_SAID);
  };
  // The engine says on either stream why it starts nothing.
  client.stderr.setEncoding('utf8').on('data', listen);
  client.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (!text.includes(QUESTION)) return listen(text);
    unanswered = 0;
    first.resolve();
  });
  const over = ended(client).then(() => untilQuiet([client.stdout, client.stderr], HELD_MS));
  void over.then(() => {
    first.reject(startFailure(options, said));
    gone.resolve(endOf(said));
  });
  const end = async () => {
    clearInterval(timer);
    client.kill('SIGKILL');
    await ended(client);
  };
  const timer = setInterval(() => {
    if (unanswered >= options.keepaliveCountMax) {
      gone.resolve('the container no longer answers');
      void end();
    } else ask(client);
    unanswered++;
  }, options.keepaliveInterval);
  timer.unref();
  void gone.promise.then(() => clearInterval(timer));
  ask(client);
  try {
    await within(first.promise, options, signal);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    gone: gone.promise,
    end: () => {
      gone.resolve(null);
      return end();
    },
  };
}

/** What it has said may come behind its end, and somebody else may hold its streams. */
const HELD_MS = 300;
const MOST_SAID = 4096;

const QUESTION = 'is cutover there?\n';
const ECHO = 'while read -r line; do echo "$line"; done';

function ask(client: Client): void {
  if (client.stdin.writable) client.stdin.write(QUESTION);
}

function endOf(said: string): string {
  const last = said.trim().split('\n').at(-1) ?? '';
  return last === '' ? 'the container has stopped' : `the engine says: ${last}`;
}

async function within(first: Promise<void>, options: Options, signal: AbortSignal): Promise<void> {
  const failed = Promise.withResolvers<never>();
  const abort = () => failed.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const { container, connectTimeout, program } = options;
  const timer = setTimeout(() => {
    const message = `The container ${container} did not answer within ${showDuration(connectTimeout)}.`;
    failed.reject(
      new CutoverError('E_UNREACHABLE', message, {
        hint: `See whether the engine runs: \`${program} info\``,
      }),
    );
  }, connectTimeout);
  try {
    await Promise.race([first, failed.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
