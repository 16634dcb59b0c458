import { sh } from './sh.ts';

/**
 * A stamp is a file `stamp` in a directory: since its time nothing of the deploy-cache has changed unseen. `leaks`
 * beside it names files that were changed before; without it the stamp says nothing. `boot` is when this machine says
 * that it was started, which is another moment once its clock was set.
 *
 * `make_stamp DIRECTORY ROUNDS`: returns when a change gets a later time than the stamp has, because times have the
 * grain of the kernel's tick; fails when that does not come in so many rounds, and where find has no -cnewer (BusyBox).
 * `stamp_holds DIRECTORY`: it was finished, and the clock was not set back since. One that was finished was made by a find that
 * knows -cnewer. Opening a file to write sets its time as touch does.
 */
export const STAMP = sh`
booted() { boot=$(sed -n 's/^btime //p' /proc/stat 2>/dev/null) || boot=; }
make_stamp() {
  [ ! -e "$1/stamp" ] || rm -f -- "$1/leaks" "$1/proven" "$1/stamp" || return 1
  booted
  printf '%s\n' "$boot" >"$1/boot" && printf '' >"$1/stamp" || return 1
  rounds=$2
  while :; do
    printf '' >"$1/tick" && later=$(find "$1/tick" -cnewer "$1/stamp" 2>/dev/null) || return 1
    [ -z "$later" ] || return 0
    rounds=$((rounds - 1))
    [ "$rounds" -gt 0 ] || return 1
  done
}
stamp_holds() {
  [ -e "$1/stamp" ] && [ -e "$1/leaks" ] && printf '' >"$1/now" && [ ! "$1/stamp" -nt "$1/now" ] || return 1
  booted
  was=
  { read -r was <"$1/boot"; } 2>/dev/null || :
  [ "$boot" = "$was" ]
}`;
