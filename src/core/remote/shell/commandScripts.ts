import type { CommandRequest, Fence } from '../engine.ts';
import { RUNS, STARTED } from './runs.ts';
import type { Script } from './script.ts';
import { sh } from './sh.ts';

/** As much of a command's output is kept on the server; the rest is read and dropped. */
export const LOG_LIMIT_BYTES = 8 * 1024 * 1024;

/** As much of it is told at once; then whoever follows asks for more, when the reader of the story has caught up. */
const PIECE_BYTES = 256 * 1024;

/**
 * Starts the command where it has not been started, and in any case tells what it prints from byte `offset` of its
 * log on, and how it ended. `commandStream.ts` reads what this prints.
 */
export function attachScript(
  path: string,
  fence: Fence,
  request: CommandRequest,
  nonce: string,
  offset: number,
): Script {
  const assignments = Object.entries(request.variables).map(([name, value]) => `${name}=${value}`);
  return {
    name: request.run,
    body: ATTACH,
    args: [
      path,
      fence.generation,
      fence.record,
      request.id,
      nonce,
      String(offset),
      request.directory,
      request.run,
      WRAPPER,
      ...assignments,
    ],
  };
}

/** Ends the command with its whole process group; `dead` says that nothing is left of it. */
export function stopScript(path: string, fence: Fence, request: CommandRequest): Script {
  return {
    name: 'end the command',
    body: STOP,
    args: [path, fence.generation, fence.record, request.id],
  };
}

/**
 * Ends what still works of a release's commands, whoever started it; those that launch the release before it once
 * more are not among them. `ended` and `working` are their ids.
 */
export function endAllScript(path: string, fence: Fence, release: string): Script {
  return {
    name: 'end the commands of the release',
    body: END_ALL,
    args: [path, fence.generation, fence.record, release],
  };
}

/**
 * The command's company, in a process group of its own. Only who makes the link `pid` begins. The output goes to the
 * log through a pipe, as far as the limit for files lets it; the word after it, in the same pipe, tells that all was
 * written, whoever else still holds the pipe. Both sides stay when the group is told to end, to tell how it ended.
 * One that was held up until another deployer had taken the lock over does not begin any more.
 */
const WRAPPER = sh`${STARTED}
run=$1 word=$2 generation=$3
shift 3
for top in "$\{run%/runs/*}"/locks/g-*; do :; done
[ "$\{top##*/}" = "$generation" ] || exit 0
started "$$"
ln -s -n -- "$$ $start $word" "$run/pid" 2>/dev/null || exit 0
trap : HUP INT TERM
{
  trap : HUP INT TERM
  status=0
  (exec "$@" 2>&1) || status=$?
  trap '' PIPE
  printf '\n%s %s\n' "$word" "$status" || :
  ln -s -n -- "$status" "$run/rc"
} | {
  trap '' HUP INT TERM
  if ! (trap '' XFSZ; ulimit -f ${String(LOG_LIMIT_BYTES / 512)}; exec cat >>"$run/log"); then
    ln -s -n -- dropped "$run/full"
    exec cat >/dev/null
  fi
}`;

/**
 * bash with pipefail where there is one, so that a failure inside a pipe counts; else sh. What is new in the log goes
 * behind a line with its size. A line for nothing, now and then, tells that we are there, and ends us when nobody
 * listens any more. Where sleep knows no fractions, quick commands are waited for without any. After some time this
 * ends and wants to be asked again: a server may allow one channel only, and others have to say something too.
 */
const ATTACH = sh`${RUNS}
enter "$1"
fence "$2" "$3"
generation=$2
run=$(pwd)/.cutover/runs/$4
starter=
nonce=$5 sent=$6 directory=$7 command=$8 wrapper=$9
shift 9
read_run "$run"
if [ -z "$pid" ]; then
  cd -- "$directory" 2>/dev/null || fail E_REMOTE "the directory $directory cannot be entered"
  mkdir -p "$\{run%/*}"
  mkdir -p -m 0700 "$run"
  (umask 077; : >>"$run/log")
  (
    for each in "$@"; do export "$\{each%%=*}=$\{each#*=}"; done
    if command -v bash >/dev/null 2>&1; then set -- bash -e -o pipefail -c "$command"
    else set -- sh -e -c "$command"
    fi
    group=
    if command -v setsid >/dev/null 2>&1; then group=setsid
    elif command -v perl >/dev/null 2>&1; then group='perl -e setpgrp(0,0);exec(@ARGV)'
    fi
    exec $group sh -c "$wrapper" sh "$run" "$nonce" "$generation" "$@"
  ) </dev/null >/dev/null 2>&1 &
  starter=$!
fi
fine=perhaps
round=0
nap() {
  round=$((round + 1))
  if [ "$fine" = perhaps ]; then
    fine=yes
    sleep 0.005 2>/dev/null || fine=
  elif [ -z "$fine" ]; then [ "$round" -le 20 ] || sleep 1
  elif [ "$round" -le 10 ]; then sleep 0.01
  elif [ "$round" -le 30 ]; then sleep 0.05
  else sleep 0.2
  fi
}
read_run "$run"
gone() {
  [ -n "$starter" ] || return 1
  started "$starter"
  [ -z "$start" ]
}
while [ -z "$pid" ]; do
  if gone || [ "$round" -ge 180 ]; then
    problem=$(ln -s -n -- stopped "$run/pid" 2>&1) || :
    read_run "$run"
    [ -n "$pid" ] || fail E_REMOTE "the command could not be started: $problem"
    break
  fi
  nap
  read_run "$run"
done
how=begun
[ -n "$starter" ] || how=found
printf '%s run %s %s\n' "$nonce" "$word" "$how"
if [ "$pid" = stopped ]; then
  printf '%s stopped\n' "$nonce"
  return 0
fi
round=0 silent=25 looks=0 end= room=${String(PIECE_BYTES)}
while :; do
  looks=$((looks + 1))
  if [ -L "$run/rc" ]; then
    end=ended round=0
    until [ -L "$run/full" ] || grep -q "^$word " "$run/log" || [ "$round" -ge 40 ]; do nap; done
  elif ! run_lives && [ ! -L "$run/rc" ]; then end=lost
  elif [ "$looks" -ge 100 ] || { [ -z "$fine" ] && [ "$looks" -ge 40 ]; }; then end=again
  fi
  set -- $(ls -ldn -- "$run/log")
  size=$\{5:-0}
  silent=$((silent + 1))
  if [ "$size" -gt "$sent" ]; then
    piece=$((size - sent))
    if [ "$piece" -ge "$room" ]; then piece=$room end=again; fi
    printf '%s + %s\n' "$nonce" "$piece"
    tail -c "+$((sent + 1))" "$run/log" | head -c "$piece"
    sent=$((sent + piece)) room=$((room - piece)) round=10 silent=0
  elif [ "$silent" -ge 25 ] || { [ -z "$fine" ] && [ "$silent" -ge 5 ]; }; then
    printf '%s + 0\n' "$nonce"
    silent=0
  fi
  [ -z "$end" ] || break
  nap
done
kept=all
if [ -L "$run/full" ]; then kept=part; fi
printf '%s %s %s %s\n' "$nonce" "$end" "$kept" "$(link_text "$run/rc")"`;

/**
 * `end_run`, after `read_run`: TERM to the group, ten seconds of grace, KILL, and whether nothing is left. No `--` for
 * kill: dash and BusyBox take it for a process.
 */
const END_RUN = sh`${RUNS}
send() { kill "-$1" "-$pid" 2>/dev/null || kill "-$1" "$pid" 2>/dev/null || :; }
passed() {
  waited=0
  while run_lives; do
    [ "$waited" -lt "$1" ] || return 1
    if sleep 0.1 2>/dev/null; then waited=$((waited + 1)); else sleep 1; waited=$((waited + 10)); fi
  done
}
end_run() {
  run_lives || return 0
  send TERM
  passed 100 || { send KILL; passed 20; }
}`;

/** A command that has not started yet never will. */
const STOP = sh`${END_RUN}
enter "$1"
fence "$2" "$3"
run=.cutover/runs/$4
mkdir -p .cutover/runs
mkdir -p -m 0700 "$run"
ln -s -n -- stopped "$run/pid" 2>/dev/null || :
read_run "$run"
case $pid in
  stopped) field dead yes; return 0 ;;
  *[!0-9]* | '') fail E_REMOTE "no process group in $run" ;;
esac
if end_run; then field dead yes; fi`;

/** What left an exit status has ended: a service that it started may stay. Hooks behind a compensation are not ended by one. */
const END_ALL = sh`${END_RUN}
enter "$1"
fence "$2" "$3"
for run in ".cutover/runs/$4"-*; do
  case $run in *-again | *-hook-*-onFailure-* | *-hook-*-always-*) continue ;; esac
  if [ ! -d "$run" ] || [ -L "$run/rc" ]; then continue; fi
  ln -s -n -- stopped "$run/pid" 2>/dev/null || :
  read_run "$run"
  if ! run_lives; then continue
  elif end_run; then field ended "$\{run##*/}"
  else field working "$\{run##*/}"
  fi
done`;
