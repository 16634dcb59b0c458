import { sharedLinkText } from '../../release/paths.ts';
import type { Fence, LinkRequest } from '../engine.ts';
import type { Script } from './script.ts';
import { sh } from './sh.ts';

/**
 * Clones the deploy-cache by hard links under `.cutover/build/`, links the shared paths into it, and moves it
 * into `releases/` by one rename: a name in `releases/` is always a complete release.
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
      ...shared('directory', request.sharedDirectories),
      ...shared('file', request.sharedFiles),
    ],
  };
}

const BODY = sh`
enter "$1"
fence "$2" "$3"
generation=$2
owner=$3
release=$4
ready=$5
entries=$6
shift 6
if [ -d "releases/$release" ]; then
  record "$ready"
  return 0
fi
build=.cutover/build/$release
rm -rf -- "$build"
if ! problem=$(cp -a -l -- deploy-cache "$build" 2>&1); then
  rm -rf -- "$build"
  cp -a -- deploy-cache "$build"
  field copied "$(printf '%s\n' "$problem" | head -n 1)"
fi
found=$(find "$build" | wc -l)
if [ "$((found))" -ne "$entries" ]; then
  fail E_REFUSED "the deploy-cache holds $((found - 1)) entries and not the $((entries - 1)) it should: somebody changed it (--full builds it anew)"
fi
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
fence "$generation" "$owner"
mv -- "$build" "releases/$release"
record "$ready"`;
