import { sh } from './sh.ts';

/**
 * A run of a command is a directory `.cutover/runs/ID`. `pid` is a link whose text is the number of its process, when
 * that started and the word that ends its log: `PID START WORD`, or `stopped` when it must not begin any more. Made
 * with its text or not at all, it is what only one can begin with. `log` is what the command printed, `full` stands
 * beside it where that was not all, and `rc` is a link whose text is the exit status.
 */

/**
 * `started PID` sets `start`: field 22 of /proc/PID/stat (proc(5)), which tells a process from a later one of the same
 * number; `-` where there is no /proc; empty when it is gone, or dead and only waits to be counted.
 */
export const STARTED = sh`
started() {
  start=-
  if [ ! -r /proc/self/stat ]; then
    kill -0 "$1" 2>/dev/null || start=
    return 0
  fi
  start=
  { IFS= read -r facts <"/proc/$1/stat"; } 2>/dev/null || return 0
  set -- $\{facts##*) }
  case $1 in Z | X) ;; *) start=$\{20} ;; esac
}`;

/**
 * `read_run DIRECTORY` sets `pid`, `born` and `word`, also of other directories whose `pid` is a link or a file; `run_lives`, after it: whether anything of its process group
 * is still at work, the first process or what that left behind.
 */
export const RUNS = sh`${STARTED}
read_run() {
  pid= born= word=
  if [ -L "$1/pid" ]; then
    set -- $(readlink "$1/pid")
    pid=$\{1:-} born=$\{2:-} word=$\{3:-}
  elif [ -f "$1/pid" ]; then
    { read -r pid born <"$1/pid"; } 2>/dev/null || :
  fi
}
run_lives() {
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  started "$pid"
  if [ -n "$start" ]; then [ "$start" = "$born" ]; else group_lives "$pid"; fi
}
group_lives() {
  if [ ! -r /proc/self/stat ]; then
    kill -0 "-$1" 2>/dev/null
    return
  fi
  for process in /proc/[0-9]*/stat; do
    { IFS= read -r facts <"$process"; } 2>/dev/null || continue
    facts=$\{facts##*) }
    case $facts in Z* | X*) continue ;; esac
    facts=$\{facts#* * }
    if [ "$\{facts%% *}" = "$1" ]; then return 0; fi
  done
  return 1
}`;
