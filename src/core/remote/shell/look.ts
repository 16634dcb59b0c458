import { KNOWN_LEAKS, LEAKS } from './leaks.ts';
import { RUNS } from './runs.ts';
import { sh } from './sh.ts';
import { SAME } from './standby.ts';
import { TRASH } from './trash.ts';

/** `seconds` sets `clock`: since the server was started, which no setting of its clock changes. */
const SECONDS = sh`
seconds() {
  { IFS=' .' read -r clock rest </proc/uptime; } 2>/dev/null || clock=$(date +%s)
}`;

/**
 * The look at the cache, which takes as long as a site is large: `prepare` begins it, in a process of its own, and it goes
 * on beside all that comes before the link. By the stamp that was claimed it names the files that somebody may have
 * written to in place, and it counts the standby.
 *
 * Its directory is `look`, in the claim: `before`, how many entries the cache has by its head; `looked`, there when the
 * candidates are all named, with the seconds since the server was started at which that began; `standby`, what `standby_count`
 * gives; `overtaken`, the upload did not wait for its end; `over`, it has ended. Whatever is not there is done by the link itself.
 *
 * The cache may change meanwhile. A file that the upload does not touch is named all the same, and what is named is judged
 * by the link only, when the cache is at rest and the manifest is that of the upload.
 */
export const BEGIN_LOOK = sh`${SECONDS}${RUNS}${LEAKS}${KNOWN_LEAKS}${SAME}
look() {
  if [ -d "$1/tree" ] && [ ! -L "$1/tree" ]; then
    { standby_count "$1"; printf '%s\n' "$found" >"$1/look/standby"; } &
  fi
  entries_of .cutover/cache
  seconds
  printf '%s\n' "$held" >"$1/look/before"
  if stamp_holds "$1" && candidates_since "$1" "$1/look"; then printf '%s\n' "$clock" >"$1/look/looked"; fi
  wait
  : >"$1/look/over"
}
begin_look() {
  [ -e "$1/stamp" ] && [ -f .cutover/cache ] && [ ! -e .cutover/cache.next ] || return 0
  mkdir -m 0700 "$1/look" 2>/dev/null || return 0
  (umask 077; set +e; look "$1") </dev/null >/dev/null 2>&1 &
  started "$!"
  { printf '%s\n' "$! $start" >"$1/look/pid"; } 2>/dev/null || :
}`;

/** Hundredths of a second. */
const PATIENCE = 6000;

/** So long a look holds: what is written in place meanwhile is found by the one of the next deployment. */
const FRESH_SEC = 10;

/**
 * `await_look CLAIM`: until it is over. One that has died, or lasts too long, loses its place by one rename: what it goes on
 * to write says nothing to anybody. `saw_nothing CLAIM`: no file of the cache had been written to in place a moment ago.
 * Entries are counted to what the upload added and removed while they were.
 */
export const AWAIT_LOOK = sh`${SECONDS}${RUNS}${TRASH}
await_look() {
  patience=${String(PATIENCE)}
  while [ -d "$1/look" ] && [ ! -e "$1/look/over" ]; do
    read_run "$1/look"
    if [ "$patience" -le 0 ] || ! run_lives; then
      # It may have ended between the two.
      [ -e "$1/look/over" ] || discard "$1/look"
      return 0
    fi
    patience=$((patience - 1))
    sleep 0.01 2>/dev/null || { sleep 1; patience=$((patience - 99)); }
  done
}
saw_nothing() {
  [ -s "$1/look/looked" ] || return 1
  read -r looked <"$1/look/looked"
  seconds
  age=$((clock - looked))
  [ "$age" -ge 0 ] && [ "$age" -le ${String(FRESH_SEC)} ] || return 1
  touched=0
  if [ -e "$1/look/overtaken" ] && [ -d "$1/change/tree" ]; then
    touched=$(($(find "$1/change/tree" | wc -l) + $(tr -cd '\000' <"$1/change/remove" | wc -c)))
  fi
  read -r seen <"$1/look/entries" && read -r held <"$1/look/before" || return 1
  off=$((seen - held))
  [ "$off" -le "$touched" ] && [ "$off" -ge "-$touched" ] || return 1
  [ -s "$1/look/candidates" ] || return 0
  judged=$(judge_candidates "$1/look") && [ -z "$judged" ]
}`;
