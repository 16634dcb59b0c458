import { sharedLinkText } from '../../release/paths.ts';
import type { Fence, LinkRequest } from '../engine.ts';
import { LEAKS } from './leaks.ts';
import type { Script } from './script.ts';
import { sh } from './sh.ts';

/**
 * Clones the deploy-cache under `.cutover/build/`, links the shared paths into it, and moves it into `releases/` by
 * one rename: a name in `releases/` is always a complete release.
 * How it is cloned: `auto` by reflinks where a trial made one, else by hard links, else by copies; the other modes
 * by what they name, else by copies. A cache to be shared by hard links must first be what was uploaded.
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
      String(request.unshared.length),
      ...request.unshared,
      ...shared('directory', request.sharedDirectories),
      ...shared('file', request.sharedFiles),
    ],
  };
}

const BODY = sh`${LEAKS}
enter "$1"
fence "$2" "$3"
generation=$2
owner=$3
release=$4
ready=$5
entries=$6
mode=$7
verify=$8
unshared=$9
shift 9
if [ -d "releases/$release" ]; then
  field shares unknown
  record "$ready"
  return 0
fi
build=.cutover/build/$release
mkdir -p .cutover/tmp
how=
by() {
  rm -rf -- "$build"
  problem=$(cp -a "$1" -- deploy-cache "$build" 2>&1) && how=$1
}
reflinks() {
  echo clone >.cutover/tmp/original
  cp --reflink=always -- .cutover/tmp/original .cutover/tmp/clone 2>/dev/null
}
case $mode in
  hardlink) by -l || : ;;
  reflink) by --reflink=always || : ;;
  auto)
    if reflinks; then by --reflink=always || :; fi
    [ -n "$how" ] || by -l || : ;;
esac
if [ -z "$how" ]; then
  rm -rf -- "$build"
  cp -a -- deploy-cache "$build"
  [ "$mode" = copy ] || field copied "$(printf '%s\n' "$problem" | head -n 1)"
fi
found=$(find "$build" | wc -l)
if [ "$((found))" -ne "$entries" ]; then
  fail E_REFUSED "the deploy-cache holds $((found - 1)) entries and not the $((entries - 1)) it should: somebody changed it (--full builds it anew)"
fi
if [ "$how" = -l ]; then
  field shares yes
  if [ "$verify" = verify ] && [ -n "$(leaks)" ]; then
    rm -rf -- "$build"
    fail E_REFUSED "files of the deploy-cache were changed in place since they were uploaded (--full builds it anew)"
  fi
  left=$unshared
  for each in "$@"; do
    [ "$left" -gt 0 ] || break
    left=$((left - 1))
    printf './%s\000' "$each"
  done >.cutover/tmp/unshared
  if [ "$unshared" -gt 0 ]; then
    (cd "$build" && xargs -0 rm -f --) <.cutover/tmp/unshared
    (cd deploy-cache && xargs -0 sh -c 'exec cp -a --parents -- "$@" "$0"' "../$build") <.cutover/tmp/unshared
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
rm -f -- .cutover/tmp/original .cutover/tmp/clone .cutover/tmp/unshared
fence "$generation" "$owner"
mv -- "$build" "releases/$release"
record "$ready"`;
