import type { Daemon } from '../server/reload.ts';

/**
 * Reloads as php-fpm(8) says, by USR2: the master ends its workers, executes itself anew in the same process, and begins workers.
 */
export const PHP_FPM: Daemon = {
  name: 'PHP-FPM',
  title: 'php-fpm: master process',
  signal: 'USR2',
  isNew: `
is_new() {
  why="Workers that ran before still run."
  for worker in $old_workers; do
    case " $workers " in *" $worker "*) return 1 ;; esac
  done
  why="PHP-FPM (process $master) has not begun anew."
  [ "$master" != "$old" ] || [ "$stack" != "$old_stack" ] || { [ "$stack" = 0 ] && [ -n "$old_workers" ]; } || return
  why='It has no workers.'
  [ -n "$workers" ] || [ -z "$old_workers" ] || return
  # How many is not said: it may have begun only some.
  [ -z "$workers" ] || more=', with new workers'
}
`,
};
