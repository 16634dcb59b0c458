import { sh } from './sh.ts';

/**
 * A stamp is a file `stamp` in a directory: since its time nothing of the deploy-cache has changed unseen. `leaks`
 * beside it names files that were changed before; without it the stamp says nothing. `boot` is when this machine says
 * that it was started, which is another moment once its clock was set.
 *
 * `make_stamp DIRECTORY ROUNDS`: returns when a change gets a later time than the stamp has, because times have the
 * grain of the kernel's tick; fails when that does not come in so many rounds, and where find has no -cnewer (BusyBox).
 * `stamp_holds DIRECTORY`: it was finished, and the clock was not set back since.
 */
export const STAMP = sh`
booted() { sed -n 's/^btime //p' /proc/stat 2>/dev/null || :; }
knows_ctime() { find "$1" -cnewer "$1" >/dev/null 2>&1; }
make_stamp() {
  rm -f -- "$1/leaks" "$1/proven" "$1/stamp" && booted >"$1/boot" && touch "$1/stamp" && knows_ctime "$1/stamp" || return 1
  rounds=$2
  until touch "$1/tick" && [ -n "$(find "$1/tick" -cnewer "$1/stamp")" ]; do
    rounds=$((rounds - 1))
    [ "$rounds" -gt 0 ] || return 1
  done
}
stamp_holds() {
  [ -e "$1/stamp" ] && [ -e "$1/leaks" ] && knows_ctime "$1/stamp" && touch "$1/now" &&
    [ -z "$(find "$1/stamp" -newer "$1/now")" ] && [ "$(booted)" = "$(cat "$1/boot")" ]
}`;
