import { sh } from './sh.ts';

/**
 * `discard PATH`: puts it into `.cutover/trash`, in one rename however large it is; the tidying that follows a
 * deployment removes it. `empty_trash` removes all that is there at once.
 */
export const TRASH = sh`
discarded=0
discard() {
  [ -e "$1" ] || [ -L "$1" ] || return 0
  [ ! -L .cutover/trash ] || fail E_REFUSED ".cutover/trash is not where it should be"
  while :; do
    discarded=$((discarded + 1))
    [ -e ".cutover/trash/$\{1##*/}.$$-$discarded" ] || break
  done
  { [ -d .cutover/trash ] || mkdir -m 0700 .cutover/trash; } &&
    mv -- "$1" ".cutover/trash/$\{1##*/}.$$-$discarded" 2>/dev/null ||
    rm -rf -- "$1"
}
empty_trash() {
  if [ -d .cutover/trash ] && [ ! -L .cutover/trash ]; then
    for each in .cutover/trash/*; do
      if [ ! -e "$each" ] && [ ! -L "$each" ]; then return 0; fi
    done
    rm -rf -- .cutover/trash/*
  else
    rm -rf -- .cutover/trash && mkdir -m 0700 .cutover/trash
  fi
}`;
