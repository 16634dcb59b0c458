import { sh } from './sh.ts';

/**
 * `rename_over METHOD FROM TO`: rename(2), which replaces a link in one step.
 * `prove_rename`: sets `method` to the first way that does so here, by a trial in `.cutover/tmp`; empty when
 * none does. `mv -T` alone is not enough: uutils refuses and toybox moves into the directory. `prove_rename_in DIRECTORY`
 * leaves the trial there.
 */
export const RENAME = sh`
rename_over() {
  case $1 in
    mv) mv -f -T -- "$2" "$3" ;;
    perl) perl -e 'rename $ARGV[0], $ARGV[1] or die "rename: $!\n"' -- "$2" "$3" ;;
    python3) python3 -c 'import os, sys; os.rename(sys.argv[1], sys.argv[2])' "$2" "$3" ;;
    *) return 1 ;;
  esac
}
prove_rename() {
  prove_rename_in .cutover/tmp
  rm -rf -- .cutover/tmp/trial
}
prove_rename_in() {
  trial=$1/trial
  for method in mv perl python3 ''; do
    [ ! -e "$trial" ] || rm -rf -- "$trial"
    mkdir -p "$trial/old/current" "$trial/new/next"
    ln -s old/current new/next "$trial"
    if rename_over "$method" "$trial/next" "$trial/current" 2>/dev/null &&
      [ -L "$trial/current" ] && [ "$trial/current" -ef "$trial/new/next" ] &&
      [ ! -e "$trial/old/current/next" ] && [ ! -L "$trial/next" ]; then
      break
    fi
  done
}`;
