import { CutoverError, type ExecRequest, type ExecResult } from '../../contract/index.ts';
import {
  median,
  perSecond,
  ROUND_TRIPS,
  SAMPLE_BYTES,
  SAMPLE_MS,
  sample,
  TRIED_CHANNELS,
} from './measures.ts';
import type { Around } from './probe.ts';
import type { Line } from './result.ts';

/** What sshd, and most others, set for a login. */
export async function loginShell(around: Around): Promise<string | null> {
  const { stdout } = await exec(around, { argv: ['sh', '-s'], stdin: 'printf "<%s>" "$SHELL"\n' });
  // A start-up file may print something before it.
  return /<([^<>]+)>$/.exec(Buffer.from(stdout).toString())?.[1] ?? null;
}

/** Through commands that only read and print: nothing is written. */
export async function measureByCommands(around: Around): Promise<Line> {
  const roundTripMs = await roundTrip(around);
  return {
    by: 'commands',
    roundTripMs,
    upBytesPerSec: await upload(around),
    downBytesPerSec: await download(around),
    channels: await channels(around, roundTripMs),
  };
}

/** Rejects where a command did not end well: what passed then, nobody knows. */
async function exec(
  { connection, signal }: Around,
  request: Omit<ExecRequest, 'signal'> & Partial<ExecRequest>,
): Promise<ExecResult> {
  if (connection.exec === undefined) throw new CutoverError('E_CAPABILITY', 'It runs no commands.');
  const result = await connection.exec({ signal, ...request });
  const { exit } = result;
  if (exit.type === 'unknown') throw new CutoverError('E_UNKNOWN', `A command was cut off: ${exit.reason}`);
  if (exit.type === 'signal' || exit.code !== 0)
    throw new CutoverError('E_REMOTE', `"${request.argv.join(' ')}" failed there.`);
  return result;
}

/** A line goes there, and comes back. */
async function roundTrip(around: Around): Promise<number> {
  const heard = echoes();
  const times: number[] = [];
  async function* lines() {
    for (let index = 0; index < ROUND_TRIPS; index++) {
      const line = `echo ${index}\n`;
      const startedMs = around.clockMs();
      const answered = heard.until(line);
      // It may end while nobody waits.
      answered.catch(() => {});
      yield Buffer.from(line);
      await answered;
      times.push(around.clockMs() - startedMs);
    }
  }
  await exec(around, { argv: ['cat'], stdin: lines(), onStdout: heard.hear, keepBytes: 0 }).then(heard.end);
  if (times.length < ROUND_TRIPS) throw new CutoverError('E_REMOTE', 'A command did not answer.');
  // The first one had to wait for the command.
  return median(times.slice(1));
}

/** Counted from when the command takes its input until it has taken all of it. */
async function upload(around: Around): Promise<number> {
  let sentBytes = 0;
  let startedMs = around.clockMs();
  async function* content() {
    startedMs = around.clockMs();
    for (const piece of sample()) {
      if (around.clockMs() - startedMs > SAMPLE_MS) return;
      sentBytes += piece.length;
      yield piece;
    }
  }
  await exec(around, { argv: ['sh', '-c', 'cat >/dev/null'], stdin: content() });
  return perSecond(sentBytes, around.clockMs() - startedMs);
}

async function download(around: Around): Promise<number> {
  const stop = new AbortController();
  const signal = AbortSignal.any([around.signal, stop.signal]);
  let firstMs: number | null = null;
  let lastMs = 0;
  let gotBytes = 0;
  const onStdout = (chunk: Uint8Array) => {
    lastMs = around.clockMs();
    firstMs ??= lastMs;
    gotBytes += chunk.length;
    if (lastMs - firstMs > SAMPLE_MS) stop.abort();
  };
  const argv = ['head', '-c', String(SAMPLE_BYTES), '/dev/zero'];
  await exec(around, { argv, signal, onStdout, keepBytes: 0 }).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return perSecond(gotBytes, lastMs - (firstMs ?? lastMs));
}

/** A transport may open fewer than it was asked for, and have the others wait. */
async function channels(around: Around, roundTripMs: number): Promise<number> {
  const enough = Promise.withResolvers<void>();
  let open = 0;
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(enough.resolve, QUIET_MS + 10 * roundTripMs);
    if (open === TRIED_CHANNELS) enough.resolve();
  };
  async function* held() {
    await enough.promise;
    yield Buffer.from('\n');
  }
  wait();
  const all = Array.from({ length: TRIED_CHANNELS }, () => {
    const heard = echoes();
    heard.until('up\n').then(
      () => {
        open += 1;
        wait();
      },
      () => {},
    );
    return exec(around, {
      argv: ['sh', '-c', 'echo up; cat >/dev/null'],
      stdin: held(),
      onStdout: heard.hear,
    }).finally(heard.end);
  });
  const ended = Promise.allSettled(all);
  await Promise.race([enough.promise, ended]);
  const most = open;
  enough.resolve();
  clearTimeout(timer);
  await ended;
  return most;
}

const QUIET_MS = 500;

/** Waits for what is printed, behind whatever a start-up file prints. */
function echoes() {
  let heard = '';
  let isOver = false;
  let changed = Promise.withResolvers<void>();
  const tell = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  return {
    hear: (chunk: Uint8Array) => {
      heard = (heard + Buffer.from(chunk).toString()).slice(-1_000);
      tell();
    },
    end: () => {
      isOver = true;
      tell();
    },
    until: async (line: string) => {
      while (!heard.endsWith(line)) {
        if (isOver) throw new CutoverError('E_REMOTE', 'The command ended before it had answered.');
        await changed.promise;
      }
    },
  };
}
