/**
 * Functions for scripts that look at a daemon with a master and workers, by /proc (proc(5)).
 *
 * `fail TEXT` ends the script. `master_of TITLE PID_FILE` sets `master` to the process whose title begins so: that of the pid file,
 * or the only one there is, among those that may be signalled where `mine` is set; else `why` says why there is none, and it fails.
 * `look_at PID` sets `workers`, a word `pid:start` for each child that runs, and `stack`: where the stack of the process begins.
 * That is another place after each exec, which keeps the pid; 0 where it may not be seen.
 * `wait_a_bit` is a fifth of a second, or a second.
 */
export const PROCESSES = `
fail() { printf 'failed: %s\\n' "$*"; exit 0; }
[ -r /proc/self/stat ] || fail 'There is no /proc on this server to look at processes.'

master_of() {
  master= why= others=
  if [ -n "$2" ]; then
    { read -r master <"$2"; } 2>/dev/null || [ -n "$master" ] || { why="The pid file $2 cannot be read."; return 1; }
    case $master in *[!0-9]* | '') why="The pid file $2 does not hold a number."; master=; return 1 ;; esac
    grep -q "^$1" "/proc/$master/cmdline" 2>/dev/null && return
    why="The pid file $2 names process $master, which is no \\"$1\\"."; master=; return 1
  fi
  for found in $(grep -l "^$1" /proc/[0-9]*/cmdline 2>/dev/null); do
    found=\${found#/proc/}; found=\${found%/cmdline}
    [ "$found" = $$ ] && continue
    [ -n "$mine" ] && { kill -0 "$found" 2>/dev/null || { others="$others $found"; continue; }; }
    [ -z "$master" ] || { why="More than one \\"$1\\" runs here ($master, $found)."; master=; return 1; }
    master=$found
  done
  [ -n "$master" ] && return
  why="No \\"$1\\" runs here\${others:+ that this user may signal (there is$others)}."; return 1
}

look_at() {
  workers= stack=0
  for stat in /proc/[0-9]*/stat; do
    { read -r line <"$stat"; } 2>/dev/null || continue
    set -- "$1" "\${line%% *}" \${line##*) }
    [ "$2" = "$1" ] && stack=\${28}
    [ "$4" = "$1" ] && [ "$3" != Z ] && workers="$workers $2:\${22}"
  done
  :
}

wait_a_bit() { sleep 0.2 2>/dev/null || sleep 1; }
`;
