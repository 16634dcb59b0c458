import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecResult } from '../../contract/index.ts';
import { CutoverError, errorCode, messageOf } from '../../contract/index.ts';
import type { CommandRequest, Fence } from '../engine.ts';
import type { Link } from '../link.ts';
import type { CommandLog } from './commandLog.ts';
import { attachScript } from './commandScripts.ts';
import { type Again, type Ending, readStream } from './commandStream.ts';
import { failureIn, inWords } from './run.ts';
import { renderScript } from './script.ts';

export interface Patience {
  /** How long to wait before each try to attach again; when the last has failed, nobody knows. */
  readonly retriesMs: readonly number[];
  /** The server says something every few seconds: after this time without it the connection counts as lost. */
  readonly silenceMs: number;
}

export const PATIENCE: Patience = {
  retriesMs: [100, 400, 1000, 2000, 4000, 8000, 10_000, 10_000, 12_000, 12_000],
  silenceMs: 60_000,
};

/** What is kept of the output for the case that the command could not be started. */
const REFUSAL_BYTES = 65_536;

export interface Following {
  readonly link: Link;
  readonly path: string;
  readonly fence: Fence;
  readonly request: CommandRequest;
  readonly log: CommandLog;
  readonly patience: Patience;
  /** Ends the following, not the command. */
  readonly signal: AbortSignal;
  /** The server said how many bytes are new; null: the connection was lost. */
  readonly onNews: (bytes: number | null) => void;
  /** It was begun by somebody else. */
  readonly onAttached: () => void;
}

/**
 * Starts the command and follows it to its end; when the connection is lost, attaches again over the next one, and
 * the log goes on where it stopped.
 * Throws `E_UNKNOWN` when the server cannot be reached again, `E_UNREACHABLE` when it could not be asked even once,
 * and what kept the command from being started.
 */
export async function follow(following: Following): Promise<Ending> {
  const { patience, request, link, signal } = following;
  let wasAsked = false;
  for (let failures = 0; ; ) {
    const attempt = await attach(following, wasAsked);
    if (attempt.type !== 'cut') await handedOn(following);
    if (attempt.type === 'again') {
      failures = 0;
      wasAsked = true;
      continue;
    }
    if (attempt.type !== 'cut') return attempt;
    following.onNews(null);
    wasAsked ||= attempt.wasAsked;
    // A connection that told us something starts the count anew.
    failures = attempt.begun ? 1 : failures + 1;
    const pauseMs = patience.retriesMs[failures - 1];
    if (pauseMs === undefined) {
      if (!wasAsked) throw attempt.error;
      throw new CutoverError(
        'E_UNKNOWN',
        `${link.server}: the command "${request.run}" was cut off: the connection was lost (${messageOf(attempt.error)}) and could not be opened again; nobody knows how it ended`,
        { server: link.server, cause: attempt.error },
      );
    }
    await delay(pauseMs, undefined, { signal });
  }
}

/** Meanwhile the server keeps what the command prints. */
async function handedOn({ log, onNews, signal }: Following): Promise<void> {
  const settled = log.settled();
  if (settled === null) return;
  onNews(null);
  const over = Promise.withResolvers<never>();
  const leave = () => over.reject(signal.reason);
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave, { once: true });
  await Promise.race([settled, over.promise]).finally(() => signal.removeEventListener('abort', leave));
}

interface CutOff {
  readonly type: 'cut';
  readonly error: unknown;
  /** The server may have heard of the command. */
  readonly wasAsked: boolean;
  readonly begun: boolean;
}

async function attach(following: Following, isOurs: boolean): Promise<Ending | Again | CutOff> {
  const { link, path, fence, request, log, patience, onNews, onAttached } = following;
  const nonce = randomBytes(12).toString('hex');
  const before = fence.journal?.lines() ?? [];
  const stream = readStream(nonce, {
    begun: (word, found) => {
      fence.journal?.delivered(before);
      log.endsWith(word);
      if (found && !isOurs) onAttached();
    },
    told: (bytes) => onNews(bytes),
    log: log.push,
  });
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error('nothing was heard')), patience.silenceMs);
  let wasAsked = false;
  let isOver = false;
  try {
    await link.connection(following.signal);
    wasAsked = true;
    timer.refresh();
    const script = renderScript(attachScript(path, fence, request, nonce, log.offset()), nonce, {
      ...(fence.journal ? { journal: { before, after: null, required: fence.journal.required } } : {}),
    });
    const result = await link.run(script, {
      keepBytes: REFUSAL_BYTES,
      signal: AbortSignal.any([following.signal, silence.signal]),
      onStdout: (chunk) => {
        // What comes late is asked for again.
        if (isOver) return;
        timer.refresh();
        stream.push(chunk);
      },
    });
    const ending = stream.ending();
    if (ending !== null) return ending;
    if (!stream.begun()) refuse(following, nonce, result);
    return { type: 'cut', error: new Error(inWords(result.exit)), wasAsked, begun: stream.begun() };
  } catch (error) {
    if (following.signal.aborted) throw error;
    if (!silence.signal.aborted && errorCode(error) !== 'E_UNREACHABLE') throw error;
    return { type: 'cut', error, wasAsked, begun: stream.begun() };
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

/** A script that ended by itself and did not begin: another try would end the same way. */
function refuse({ link, request }: Following, nonce: string, result: ExecResult): void {
  const failure = failureIn(link.server, nonce, result);
  if (failure !== null) throw failure;
  if (result.exit.type === 'unknown') return;
  const said = Buffer.from(result.stderr).toString('utf8').trim().split('\n').at(-1) ?? '';
  throw new CutoverError(
    /no space left|disk quota/i.test(said) ? 'E_DISK_FULL' : 'E_REMOTE',
    `${link.server}: the command "${request.run}" could not be run: ${inWords(result.exit)}${said && `: ${said}`}`,
    { server: link.server },
  );
}
