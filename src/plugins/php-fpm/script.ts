import { PROCESSES } from '../server/processes.ts';

/**
 * Arguments: pid file or nothing, seconds, the command or nothing. Reloads as php-fpm(8) says, by USR2: the master ends its
 * workers, executes itself anew in the same process, and begins workers.
 */
export const RELOAD = `${PROCESSES}
title='php-fpm: master process' file=$1 seconds=$2 mine= others=
shift 2
[ $# -gt 0 ] || mine=yes
master_of "$title" "$file" || fail "$why"
old=$master
look_at "$old"
old_workers=$workers old_stack=$stack

if [ $# -gt 0 ]; then
  "$@" || fail "\\\`$*\\\` ended with status $?."
else
  kill -USR2 "$old" 2>/dev/null || fail "PHP-FPM (process $old) belongs to another user, who alone may reload it."
fi

is_new() {
  master_of "$title" "$file" || return
  look_at "$master"
  why="Workers that ran before still run."
  for worker in $old_workers; do
    case " $workers " in *" $worker "*) return 1 ;; esac
  done
  why="PHP-FPM (process $master) has not begun anew."
  [ "$master" != "$old" ] || [ "$stack" != "$old_stack" ] || { [ "$stack" = 0 ] && [ -n "$old_workers" ]; } || return
  why='It has no workers.'
  [ -n "$workers" ] || [ -z "$old_workers" ]
}

until_second=$(($(date +%s) + seconds))
until is_new; do
  [ "$(date +%s)" -lt "$until_second" ] || fail "PHP-FPM was not reloaded within $seconds s: $why"
  wait_a_bit
done
set -- $workers
echo "ok: PHP-FPM (process $master) is reloaded, $# workers run"
`;
