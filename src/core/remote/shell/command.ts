import { CutoverError, errorCode, messageOf } from '../../contract/index.ts';
import type { CommandRequest, Fence } from '../engine.ts';
import type { Link } from '../link.ts';
import { commandClock, type Why } from './commandClock.ts';
import { follow, PATIENCE, type Patience } from './commandFollow.ts';
import { commandLog } from './commandLog.ts';
import { LOG_LIMIT_BYTES, stopScript } from './commandScripts.ts';
import type { Ending } from './commandStream.ts';
import { runScript } from './run.ts';

/** For a stop that was asked for: TERM, ten seconds of grace, KILL, and the way there and back. */
const STOP_DEADLINE_MS = 30_000;
const LAST_WORDS_MS = 5_000;
const ENDED = 'its processes were ended';

/**
 * Runs a command of the user's, apart from the connection: it goes on when that is lost, and is attached to again. A
 * run of the same id that was begun before, by whichever process, is attached to and never begun twice; its log is
 * then told from the start. It counts as done only when its own exit status arrived. When time is up, or the deployment is
 * cancelled, its whole process group is ended and confirmed dead before this rejects.
 * Throws `E_COMMAND`, `E_TIMEOUT`, `E_INTERRUPTED`, `E_UNKNOWN`, or what kept it from being started.
 */
export async function runCommand(
  link: Link,
  path: string,
  fence: Fence,
  request: CommandRequest,
  signal: AbortSignal,
  patience: Patience = PATIENCE,
): Promise<void> {
  if (signal.aborted) throw notStarted(link.server, request);
  refuseTooLong(link.server, request);
  const over = new AbortController();
  const clock = commandClock(request, signal);
  const log = commandLog((line) => request.onLine('stdout', line), request.catchUp);
  const followed = { link, path, fence, request, log, patience, onNews: clock.news, onAttached() {} };
  const onAttached = () => request.onAttached?.();
  const following = follow({ ...followed, onAttached, signal: over.signal }).catch(unlessOutOfSight);
  try {
    const first = await Promise.race([following, clock.ringing]);
    if (typeof first === 'string') {
      // There may be room for one channel only.
      over.abort();
      const isDead = await stop(link, path, fence, request);
      const lastWords = { ...followed, signal: AbortSignal.timeout(LAST_WORDS_MS) };
      if (isDead) await follow(lastWords).catch(() => null);
      log.end();
      throw interrupted(link.server, request, first, isDead);
    }
    log.end();
    if (first.type === 'outOfSight') {
      // Nothing may be taken back while it is still at work.
      const isDead = await stop(link, path, fence, request);
      const { server } = link;
      throw new CutoverError('E_UNKNOWN', `${messageOf(first.error)}${isDead ? `; ${ENDED}` : ''}`, {
        server,
        cause: first.error,
      });
    }
    judge(link.server, request, first, log.lastLine());
  } finally {
    following.catch(() => null);
    over.abort();
    clock.stop();
  }
}

/** The most that Linux takes for one argument or variable (execve(2), MAX_ARG_STRLEN), without the NUL at its end. */
const LONGEST_WORD_BYTES = 131_071;

/** Nothing could start it, and nobody would say why. */
function refuseTooLong(server: string, { run, variables }: CommandRequest): void {
  const words = Object.entries(variables).map(([name, value]) => [name, `${name}=${value}`] as const);
  const [what] =
    [['it', run] as const, ...words].find(([, word]) => Buffer.byteLength(word) > LONGEST_WORD_BYTES) ?? [];
  if (what === undefined) return;
  throw new CutoverError(
    'E_COMMAND',
    `${server}: the command "${run.slice(0, 60)}${run.length > 60 ? '…' : ''}" cannot be started: ${what} is longer than ${LONGEST_WORD_BYTES} bytes`,
    { server },
  );
}

/** What nobody could see the end of may still be at work. */
function unlessOutOfSight(error: unknown): { readonly type: 'outOfSight'; readonly error: unknown } {
  if (errorCode(error) !== 'E_UNKNOWN') throw error;
  return { type: 'outOfSight', error };
}

async function stop(link: Link, path: string, fence: Fence, request: CommandRequest): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(STOP_DEADLINE_MS);
    const fields = await runScript(link, stopScript(path, fence, request), { signal });
    return fields.one('dead') !== null;
  } catch {
    return false;
  }
}

function judge(server: string, request: CommandRequest, ending: Ending, lastLine: string): void {
  if (ending.type === 'stopped') throw notStarted(server, request);
  if (ending.kept === 'part') {
    const limit = `${LOG_LIMIT_BYTES / 1024 / 1024} MiB`;
    request.onLine('stdout', `[the output went on; only its first ${limit} are kept]`);
  }
  const what = `${server}: the command "${request.title ?? request.run}"`;
  if (ending.type === 'lost' || !/^\d+$/.test(ending.status)) {
    throw new CutoverError(
      'E_UNKNOWN',
      `${what} is gone from the server and left no exit status; nobody knows how it ended`,
      {
        server,
      },
    );
  }
  if (ending.status === '0') return;
  const said = lastLine === '' ? '' : `: ${lastLine}`;
  throw new CutoverError('E_COMMAND', `${what} ended with ${meaning(Number(ending.status))}${said}`, {
    server,
  });
}

function meaning(status: number): string {
  if (status === 127) return 'exit status 127 (not found; the PATH of a non-interactive login may lack it)';
  if (status === 126) return 'exit status 126 (not executable)';
  if (status === 137) return 'exit status 137 (killed; perhaps the server ran out of memory)';
  return status > 128 ? `exit status ${status} (signal ${status - 128})` : `exit status ${status}`;
}

function notStarted(server: string, request: CommandRequest): CutoverError {
  return new CutoverError(
    'E_INTERRUPTED',
    `${server}: the command "${request.title ?? request.run}" was not started any more`,
    { server },
  );
}

function interrupted(server: string, request: CommandRequest, why: Why, isDead: boolean): CutoverError {
  const end = isDead ? ENDED : 'its processes could not be confirmed dead';
  const what = `${server}: the command "${request.title ?? request.run}"`;
  if (why === 'cancelled')
    return new CutoverError('E_INTERRUPTED', `${what} was interrupted; ${end}`, { server });
  const [did, limitMs] =
    why === 'timeout'
      ? ['ran longer than', request.timeoutMs]
      : ['printed nothing for', request.idleTimeoutMs];
  return new CutoverError('E_TIMEOUT', `${what} ${did} ${(limitMs ?? 0) / 1000} s; ${end}`, { server });
}
