import { sh } from './sh.ts';
import { TRASH } from './trash.ts';

/**
 * `.cutover/standby/g-000124` is what the tidying after generation g-000124 of the lock has made for the next
 * deployment: `tree`, a clone of the deploy-cache by hard links, `head`, what that said that it holds, and a stamp.
 * The next deployment takes all of it in one rename, to `claimed-` and its own generation, and with it everything away
 * from a worker that is still busy there: what that goes on to write has no place any more.
 *
 * Who is about to change the deploy-cache first disowns what nobody has claimed, so that what is still there when the
 * next deployment begins is of the cache as it is.
 */
export const DISOWN = sh`${TRASH}
disown() {
  for each in .cutover/standby/g-*; do discard "$each"; done
}`;

/**
 * `same ONE OTHER`: two small texts that are both there. `keep HEAD COPY`: by a link, since a head is never written to in place.
 * `entries_of HEAD` sets `held`: how many entries that says there are, the top directory included. `count_tree TREE [OPERATOR …]`
 * sets `found`, how many entries are there. `standby_count CLAIM` too: how many the standby has, without directories
 * that changed since the stamp.
 */
export const SAME = sh`
same() { [ -f "$1" ] && [ -f "$2" ] && { [ "$1" -ef "$2" ] || [ "$(cat "$1")" = "$(cat "$2")" ]; }; }
keep() {
  ln -- "$1" "$2" 2>/dev/null || { cat "$1" >"$2.part" && mv -f -- "$2.part" "$2"; }
}
entries_of() {
  held=1
  while read -r word count; do
    case $word in files | directories | links) held=$((held + count)) ;; esac
  done <"$1"
}
count_tree() {
  tree=$1
  shift
  if found=$(find "$tree" "$@" -printf x 2>/dev/null); then found=$\{#found}; else found=$(find "$tree" "$@" -print | wc -l); fi
  found=$((found))
}
standby_count() {
  newer=-newer
  if [ -e "$1/leaks" ] || find "$1/stamp" -cnewer "$1/stamp" >/dev/null 2>&1; then newer=-cnewer; fi
  count_tree "$1/tree" -type d "$newer" "$1/stamp" -o
}`;

/**
 * `real_directories LIST TREE`: the listed directories, one a line, stand in the tree as such; else fails, with the
 * first that does not in `odd`. `remove_listed LIST TREE REFERENCE`: removes what the list, ended by NUL, names; the
 * directories above get the time of the reference, on whatever day this is done.
 */
export const MERGE = sh`
real_directories() {
  odd=
  while IFS= read -r odd; do
    if [ -L "$2/$odd" ] || { [ -e "$2/$odd" ] && [ ! -d "$2/$odd" ]; }; then return 1; fi
  done <"$1"
}
remove_listed() {
  [ -s "$1" ] || return 0
  (cd "$2" && exec xargs -0 rm -rf --) <"$1" || return 1
  tr '\000' '\n' <"$1" | sed 's,/[^/]*$,,' | sort -u | while IFS= read -r above; do
    if [ -d "$2/$above" ] && [ ! -L "$2/$above" ]; then printf '%s\000' "$2/$above"; fi
  done | xargs -0 sh -c '[ "$#" -eq 0 ] || exec touch -c -r "$0" -- "$@"' "$3" || :
}`;

/**
 * `standby_fits CLAIM`: the tree there is a clone of the deploy-cache, once `change` is applied, which is empty when
 * there is nothing to apply. It must have as many entries as its head says, and no directory of it may have changed
 * since the stamp: both come from one walk, which the look has made already where there was one, because a claimed
 * standby is changed by nobody else. `become_release CLAIM BUILD`: renames the tree, and brings to it what the
 * upload brought to the cache. Until it has done so BUILD is not whole; it cannot be begun twice.
 */
export const STANDBY = sh`${MERGE}${SAME}
standby_fits() {
  change=
  [ -d "$1/tree" ] && [ ! -L "$1/tree" ] && [ -e "$1/stamp" ] || return 1
  if [ -d "$1/change/tree" ] && [ -e "$1/change/fits" ] && same "$1/change/head" .cutover/cache; then change=$1/change
  elif ! same "$1/head" .cutover/cache; then return 1
  fi
  if [ -s "$1/look/standby" ]; then read -r found <"$1/look/standby"; else standby_count "$1"; fi
  entries_of "$1/head"
  [ "$found" -eq "$held" ]
}
become_release() {
  { [ ! -e "$2" ] || rm -rf -- "$2"; } && mv -- "$1/tree" "$2" || return 1
  [ -n "$change" ] || return 0
  real_directories "$change/directories" "$2" &&
    remove_listed "$change/remove" "$2" "$change/tree" &&
    cp -a -l -f -- "$change/tree/." "$2/"
}`;
