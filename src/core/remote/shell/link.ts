import { sharedLinkText } from '../../release/paths.ts';
import type { Fence, LinkRequest } from '../engine.ts';
import { KNOWN_LEAKS, LEAKS } from './leaks.ts';
import { AWAIT_LOOK } from './look.ts';
import type { Script } from './script.ts';
import { sh } from './sh.ts';
import { STANDBY } from './standby.ts';

/**
 * Clones the deploy-cache under `.cutover/build/`, links the shared paths into it, and moves it into `releases/` by
 * one rename: a name in `releases/` is always a complete release.
 * How it is cloned: `auto` by reflinks where a trial made one, else by hard links, else by copies; the other modes
 * by what they name, else by copies. A cache to be shared by hard links must first be what was uploaded: where the look
 * that `prepare` began has not just seen that, it is looked at now, beside the work on a standby, and before all files
 * get another link, which the times of their inodes tell of.
 * Where a standby fits, it becomes the release. Once it has been renamed it fits no more, so that a second run, which
 * cannot know how far the first one came, makes a clone.
 */
export function linkScript(path: string, fence: Fence, request: LinkRequest): Script {
  const shared = (kind: string, paths: readonly string[]) =>
    paths.flatMap((each) => [kind, each, sharedLinkText(each)]);
  return {
    name: 'link the release',
    body: BODY,
    args: [
      path,
      fence.generation,
      fence.record,
      request.release,
      request.ready,
      // One more for the release's own directory.
      String(request.entries + 1),
      request.mode,
      request.verify ? 'verify' : 'trust',
      request.commandsFollow ? 'stamp' : '',
      String(request.unshared.length),
      ...request.unshared,
      ...shared('directory', request.sharedDirectories),
      ...shared('file', request.sharedFiles),
    ],
  };
}

/** Each takes some milliseconds, and a kernel's tick is at most ten. */
const STAMP_ROUNDS = 30;

const BODY = sh`${LEAKS}${KNOWN_LEAKS}${STANDBY}${AWAIT_LOOK}
enter "$1"
fence "$2" "$3"
generation=$2
owner=$3
release=$4
ready=$5
entries=$6
mode=$7
verify=$8
stamp=$9
unshared=$\{10}
shift 10
if [ -d "releases/$release" ]; then
  field shares unknown
  record "$ready"
  return 0
fi
build=.cutover/build/$release
claim=.cutover/standby/claimed-$generation
[ -d .cutover/tmp ] && [ -d "$claim" ] || mkdir -p .cutover/tmp "$claim"
how=
whole=
problem=
by() {
  discard "$build"
  problem=$(cp -a "$1" -- deploy-cache "$build" 2>&1) && how=$1
}
reflinks() {
  echo clone >"$claim/original"
  cp --reflink=always -- "$claim/original" "$claim/clone" 2>/dev/null
}
hardlinks() {
  [ ! -d "$claim/tree" ] || return 0
  rm -f -- "$claim/clone"
  echo clone >"$claim/original" && ln -- "$claim/original" "$claim/clone" 2>/dev/null
}
changed() {
  discard "$build"
  fail E_REFUSED "the deploy-cache holds $(($1 - 1)) entries and not the $((entries - 1)) it should: somebody changed it (--full builds it anew)"
}
counted() {
  count_tree "$1"
  [ "$found" -eq "$entries" ]
}
link_all() {
  checking=
  await_look "$claim"
  if [ "$verify" = verify ] && hardlinks; then
    if [ -s "$claim/look/candidates" ] || ! saw_nothing "$claim"; then
      (umask 077; { saw_nothing "$claim" || known_leaks "$claim"; } >"$claim/found") &
      checking=$!
    fi
  fi
  if [ "$unshared" -eq 0 ] && standby_fits "$claim" && become_release "$claim" "$build" && counted "$build"; then
    how=-l
    whole=yes
  fi
  if [ -n "$checking" ]; then
    wait "$checking" || :
    if [ -s "$claim/found" ]; then
      counted deploy-cache || changed "$found"
      discard "$build"
      fail E_REFUSED "files of the deploy-cache were changed in place since they were uploaded (--full builds it anew)"
    fi
    if [ -n "$how" ] && [ -f "$claim/entries" ]; then
      read -r found <"$claim/entries"
      [ "$found" -eq "$entries" ] || changed "$found"
    fi
  fi
  [ -n "$how" ] || by -l || :
}
case $mode in
  hardlink) link_all ;;
  reflink) by --reflink=always || : ;;
  auto)
    if reflinks; then by --reflink=always || :; fi
    [ -n "$how" ] || link_all ;;
esac
if [ -z "$how" ]; then
  discard "$build"
  cp -a -- deploy-cache "$build"
  [ "$mode" = copy ] || field copied "$(printf '%s\n' "$problem" | head -n 1)"
fi
[ -n "$whole" ] || counted "$build" || changed "$found"
wanted=
if [ "$how" = -l ]; then
  field shares yes
  if [ "$unshared" -eq 0 ]; then wanted=clone; else wanted=stamp; fi
  left=$unshared
  for each in "$@"; do
    [ "$left" -gt 0 ] || break
    left=$((left - 1))
    printf './%s\000' "$each"
  done >"$claim/unshared"
  if [ "$unshared" -gt 0 ]; then
    (cd "$build" && xargs -0 rm -f --) <"$claim/unshared"
    (cd deploy-cache && xargs -0 sh -c 'exec cp -a --parents -- "$@" "$0"' "../$build") <"$claim/unshared"
  fi
fi
shift "$unshared"
real_parents() {
  parent=$build
  rest=$1
  while [ "$rest" != "$\{rest#*/}" ]; do
    parent=$parent/$\{rest%%/*}
    rest=$\{rest#*/}
    if [ -L "$parent" ] || { [ -e "$parent" ] && [ ! -d "$parent" ]; }; then
      fail E_REFUSED "the shared path $1 cannot be linked: $\{parent#"$build/"} is not a directory in the release"
    fi
  done
  mkdir -p -- "$parent"
}
seed() {
  seeding=.cutover/tmp/seed
  rm -rf -- "$seeding"
  cp -R -p -- "$build/$1" "$seeding"
  mv -- "$seeding" "shared/$1"
}
while [ "$#" -gt 0 ]; do
  real_parents "$2"
  case $2 in */*) mkdir -p -- "shared/$\{2%/*}" ;; esac
  if [ ! -e "shared/$2" ] && [ ! -L "shared/$2" ]; then
    if [ ! -L "$build/$2" ] && [ -e "$build/$2" ]; then seed "$2"
    elif [ "$1" = directory ]; then mkdir -- "shared/$2"
    else fail E_REFUSED "the shared file shared/$2 does not exist"
    fi
  fi
  rm -rf -- "$build/$2"
  ln -s -n -- "$3" "$build/$2"
  shift 3
done
umask 077
printf '%s\n' "$wanted" >.cutover/standby/wanted
if [ -n "$stamp" ] && [ -n "$wanted" ] && make_stamp "$claim" ${String(STAMP_ROUNDS)}; then : >"$claim/leaks"; fi
umask 022
fence "$generation" "$owner"
mv -- "$build" "releases/$release"
record "$ready"`;
