import type { Fence, PruneRequest } from '../engine.ts';
import type { Script } from './script.ts';
import { sh } from './sh.ts';

/**
 * Removes releases: each is first renamed into `.cutover/trash/`, so that a removal cut short never leaves half
 * a release under its name. What `current` leads to is never touched, whatever was asked.
 */
export function pruneScript(path: string, fence: Fence, request: PruneRequest): Script {
  return {
    name: 'prune',
    body: BODY,
    args: [
      path,
      fence.generation,
      fence.record,
      request.nonce,
      String(request.records.length),
      ...request.records,
      ...request.releases,
    ],
  };
}

const BODY = sh`
enter "$1"
fence "$2" "$3"
home=$(pwd -P)
nonce=$4
records=$5
shift 5
while [ "$records" -gt 0 ]; do
  record "$1"
  records=$((records - 1))
  shift
done
live=$(cd current 2>/dev/null && pwd -P) || live=
mkdir -p .cutover/trash
for each in "$@"; do
  case $each in
    *[!0-9]* | '') fail E_BUG "$each is not a release of ours" ;;
  esac
  if [ ! -d "releases/$each" ] || [ -L "releases/$each" ] || [ "$live" = "$home/releases/$each" ]; then continue; fi
  mv -- "releases/$each" ".cutover/trash/$each.$nonce"
done
cd .cutover/trash
[ "$(pwd -P)" = "$home/.cutover/trash" ] || fail E_REFUSED ".cutover/trash is not where it should be"
for each in *.*; do
  if [ -d "$each" ] && [ ! -L "$each" ]; then rm -rf -- "./$each"; fi
done`;
