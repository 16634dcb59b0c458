import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Exit } from '../../contract/index.ts';
import { CutoverError } from '../../contract/index.ts';
import type { CommandRequest, Fence } from '../engine.ts';
import type { Link } from '../link.ts';
import { splitLines } from './lines.ts';
import { failureIn, inWords, runScript, shell } from './run.ts';
import { renderScript, type Script } from './script.ts';
import { sh } from './sh.ts';

const STOP_DEADLINE_MS = 30_000;

/**
 * Runs a command of the user's in a process group of its own, its input closed. It counts as done only when its
 * exit status arrived behind our nonce. When time is up, or the deployment is cancelled, the whole group is
 * ended and confirmed dead before this rejects.
 */
export async function runCommand(
  link: Link,
  path: string,
  fence: Fence,
  request: CommandRequest,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) throw notStarted(link.server, request);
  const nonce = randomBytes(12).toString('hex');
  const ended = new AbortController();
  const limit =
    request.timeoutMs === null
      ? null
      : delay(request.timeoutMs, 'timeout' as const, { signal: ended.signal });
  const cancelled = new Promise<'cancelled'>((resolve) => {
    signal.addEventListener('abort', () => resolve('cancelled'), { once: true, signal: ended.signal });
  });
  const running = execute(link, path, fence, request, nonce);
  try {
    const first = await Promise.race([running, cancelled, ...(limit ? [limit.catch(() => running)] : [])]);
    if (typeof first === 'string') {
      const dead = await stop(link, path, fence, runName(request, nonce));
      await Promise.race([
        running.catch(() => null),
        delay(STOP_DEADLINE_MS, null, { signal: ended.signal }),
      ]);
      throw interrupted(link.server, request, first, dead);
    }
    judge(link.server, request, first);
  } finally {
    ended.abort();
  }
}

interface Outcome {
  readonly exit: Exit;
  /** What stood behind the nonce: the command's own status, or why it was never started. */
  readonly status: string | null;
  readonly lastLine: string;
}

async function execute(
  link: Link,
  path: string,
  fence: Fence,
  request: CommandRequest,
  nonce: string,
): Promise<Outcome> {
  const connection = await link.connection();
  let begun = false;
  let status: string | null = null;
  let lastLine = '';
  // Our nonce starts on a line of its own, so an empty line before it may be ours.
  let held = false;
  const hand = (stream: 'stdout' | 'stderr', line: string) => {
    if (line.trim() !== '') lastLine = line;
    request.onLine(stream, line);
  };
  const takeStdout = (line: string) => {
    const ours = line.startsWith(`${nonce} `) ? line.slice(nonce.length + 1) : null;
    if (ours === 'run') begun = true;
    else if (ours?.startsWith('status ')) status = ours.slice('status '.length);
    else if (begun && status === null) {
      if (held) hand('stdout', '');
      held = line === '';
      if (!held) hand('stdout', line);
    }
  };
  const stdout = splitLines(takeStdout);
  const stderr = splitLines((line) => hand('stderr', line));
  const result = await shell(
    link,
    connection,
  )({
    argv: ['sh', '-s'],
    stdin: renderScript(commandScript(path, fence, request, nonce), nonce),
    // Cancelling is done by ending the process group, not by dropping the channel and hoping.
    signal: new AbortController().signal,
    onStdout: stdout.push,
    onStderr: stderr.push,
    keepBytes: 4096,
  });
  stdout.end();
  stderr.end();
  const failure = begun ? null : failureIn(link.server, nonce, result);
  if (failure !== null) throw failure;
  return { exit: result.exit, status, lastLine };
}

function commandScript(path: string, fence: Fence, request: CommandRequest, nonce: string): Script {
  const assignments = Object.entries(request.variables).map(([name, value]) => `${name}=${value}`);
  return {
    name: request.run,
    body: BODY,
    args: [
      path,
      fence.generation,
      fence.record,
      runName(request, nonce),
      nonce,
      request.directory,
      request.run,
      ...assignments,
    ],
  };
}

/** Another one each time, so that what a dead run left says nothing about this one. */
function runName(request: CommandRequest, nonce: string): string {
  return `${request.id}.${nonce}`;
}

/**
 * bash with pipefail where there is one, so that a failure inside a pipe counts; else sh.
 * The group's number is on disk before the command starts, so that it can always be ended: it is the text of a link,
 * which is made with its text or not at all, and only where nobody has put `stopped` before.
 */
const BODY = sh`
enter "$1"
fence "$2" "$3"
mkdir -p .cutover/runs
run=$(pwd)/.cutover/runs/$4
nonce=$5
cd -- "$6" 2>/dev/null || fail E_REMOTE "the directory $6 cannot be entered"
command=$7
shift 7
for each in "$@"; do export "$\{each%%=*}=$\{each#*=}"; done
if command -v bash >/dev/null 2>&1; then set -- bash -e -o pipefail -c "$command"
else set -- sh -e -c "$command"
fi
group=
if command -v setsid >/dev/null 2>&1; then group=setsid; fi
status=0
printf '%s run\n' "$nonce"
$group sh -c 'ln -s -n -- "$$" "$1" && shift && exec "$@"' sh "$run" "$@" || status=$?
rm -f -- "$run"
printf '\n%s status %s\n' "$nonce" "$status"`;

async function stop(link: Link, path: string, fence: Fence, run: string): Promise<boolean> {
  try {
    const script: Script = {
      name: 'end the command',
      body: STOP,
      args: [path, fence.generation, fence.record, run],
    };
    const fields = await runScript(link, script, { signal: AbortSignal.timeout(STOP_DEADLINE_MS) });
    return fields.one('dead') !== null;
  } catch {
    return false;
  }
}

/**
 * TERM to the group, ten seconds of grace, KILL, and a look whether anything is left. A command that has not started
 * yet never will. No `--` for kill: dash and BusyBox take it for a process.
 */
const STOP = sh`
enter "$1"
fence "$2" "$3"
run=.cutover/runs/$4
mkdir -p .cutover/runs
group=
for each in first 'after it ended in between'; do
  [ -n "$group" ] || ln -s -n -- stopped "$run" 2>/dev/null || :
  group=$(link_text "$run")
done
case $group in
  stopped) field dead yes; return 0 ;;
  *[!0-9]* | '') fail E_REMOTE "no process group in $run" ;;
esac
ours() { kill -0 "-$group" 2>/dev/null || kill -0 "$group" 2>/dev/null; }
send() { kill "-$1" "-$group" 2>/dev/null || kill "-$1" "$group" 2>/dev/null || :; }
send TERM
waited=0
while ours && [ "$waited" -lt 10 ]; do sleep 1; waited=$((waited + 1)); done
if ours; then send KILL; sleep 1; fi
ours || field dead yes`;

function judge(server: string, request: CommandRequest, outcome: Outcome): void {
  if (outcome.status === '0') return;
  const said = outcome.lastLine === '' ? '' : `: ${outcome.lastLine}`;
  const what = `${server}: the command "${request.run}"`;
  if (outcome.status !== null && /^\d+$/.test(outcome.status)) {
    throw new CutoverError('E_COMMAND', `${what} ended with ${meaning(Number(outcome.status))}${said}`, {
      server,
    });
  }
  if (outcome.exit.type === 'unknown') {
    throw new CutoverError(
      'E_UNKNOWN',
      `${what} was cut off: the connection was lost (${outcome.exit.reason}), and nobody knows how it ended`,
      { server },
    );
  }
  throw new CutoverError('E_REMOTE', `${what} could not be run: ${inWords(outcome.exit)}${said}`, { server });
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
    `${server}: the command "${request.run}" was not started any more`,
    { server },
  );
}

function interrupted(
  server: string,
  request: CommandRequest,
  why: 'timeout' | 'cancelled',
  dead: boolean,
): CutoverError {
  const end = dead ? 'its processes were ended' : 'its processes could not be confirmed dead';
  const what = `${server}: the command "${request.run}"`;
  return why === 'timeout'
    ? new CutoverError('E_TIMEOUT', `${what} ran longer than ${request.timeoutMs! / 1000} s; ${end}`, {
        server,
      })
    : new CutoverError('E_INTERRUPTED', `${what} was interrupted; ${end}`, { server });
}
