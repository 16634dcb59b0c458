import { PROCESSES } from '../server/processes.ts';

/**
 * Arguments: pid file or nothing, seconds, the command or nothing. Reloads as
 * https://nginx.org/en/docs/control.html says: by HUP new workers begin with the new configuration and the old ones end when they are idle;
 * where the configuration is wrong the old ones simply go on.
 */
export const RELOAD = `${PROCESSES}
title='nginx: master process' file=$1 seconds=$2 mine= others=
shift 2
[ $# -gt 0 ] || mine=yes
master_of "$title" "$file" || fail "$why"
look_at "$master"
old=$workers

if [ $# -gt 0 ]; then
  "$@" || fail "\\\`$*\\\` ended with status $?."
else
  kill -HUP "$master" 2>/dev/null || fail "nginx (process $master) belongs to another user, who alone may reload it."
fi

is_new() {
  master_of "$title" "$file" || return
  look_at "$master"
  new=
  for worker in $workers; do
    case " $old " in *" $worker "*) ;; *) new=yes ;; esac
  done
  [ -n "$new" ] || { why='no new workers have begun; its error log says why.'; return 1; }
  # For a moment both take requests.
  for worker in $old; do
    case " $workers " in *" $worker "*) ;; *) continue ;; esac
    grep -q 'is shutting down' "/proc/\${worker%%:*}/cmdline" 2>/dev/null && continue
    why='old workers still take requests.'
    return 1
  done
}

until_second=$(($(date +%s) + seconds))
until is_new; do
  [ "$(date +%s)" -lt "$until_second" ] || fail "nginx was not reloaded within $seconds s: $why"
  wait_a_bit
done
echo "ok: nginx (process $master) is reloaded"
`;

/** Runs its arguments. Who comes in by SSH often has no `sbin` on PATH. */
export const TEST = 'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin exec "$@"';
