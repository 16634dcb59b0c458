import type { Fence, RepairRequest } from '../engine.ts';
import type { Script } from './script.ts';
import { sh } from './sh.ts';
import { DISOWN } from './standby.ts';

/**
 * Gives leaked files of the deploy-cache a new inode with what was uploaded, and, where asked, puts that into every
 * other release that shared the changed inode: it had the same content before. The release itself keeps the inode
 * that was written to. Each name is changed by a rename, so a live release never lacks a file.
 *
 * The cache comes last, because it is what tells who shared an inode with it: run again after a crash, this finds
 * the releases that are still to be mended and no others. Releases already done then have an inode of their own.
 * A standby has the changed inode too, and goes. The engine for servers without a shell, which may come next, begins with
 * none of the releases that are there now (`remote/sftp/spare.ts`).
 */
export function repairScript(path: string, fence: Fence, request: RepairRequest): Script {
  return {
    name: 'mend what was written in place',
    body: BODY,
    args: [
      path,
      fence.generation,
      fence.record,
      request.release,
      request.otherReleases ? 'others' : 'cache only',
    ],
  };
}

/**
 * `mark_mended RELEASE`: this one, or the last that is there, into `.cutover/mended`.
 * `put FROM TO`: renames every file below FROM over the one at the same place below TO, a directory at a time.
 * A list ends each path with NUL; a program is started for it only when there are any.
 */
const BODY = sh`${DISOWN}
mark_mended() {
  mkdir -p .cutover/tmp
  last=$(
    for each in releases/* .cutover/trash/spare-* "$1"; do
      each=$\{each##*/}
      each=$\{each#spare-}
      case $each in *[!0-9]*) ;; ??????????????) printf '%s\n' "$each" ;; esac
    done | sort | tail -n 1
  )
  (umask 077; printf '%s\n' "$last" >.cutover/tmp/mended)
  mv -f -- .cutover/tmp/mended .cutover/mended
}
put() {
  (cd "$1" && find . -type d) | while IFS= read -r each; do
    find "$1/$each" -maxdepth 1 -type f -print0 |
      xargs -0 sh -c '[ "$#" -eq 0 ] || exec mv -f -- "$@" "$0"' "$2/$each/"
  done
}
enter "$1"
fence "$2" "$3"
disown
discard ".cutover/standby/claimed-$2/tree"
mark_mended "$4"
incoming=.cutover/incoming/$4.repair
stage=.cutover/incoming/$4.stage
rm -rf -- "$incoming"
mkdir -p -- "$incoming"
tar -x -p -o -f - -C "$incoming"
[ "$(cat "$incoming/complete" 2>/dev/null)" = "$4" ] || fail E_REMOTE "the upload ended early"
mkdir -p -- "$incoming/tree"
(cd deploy-cache && xargs -0 sh -c '[ "$#" -eq 0 ] || exec cp -a --parents -- "$@" "$0"' "../$incoming/tree") \
  <"$incoming/copy"
for mode in 644 755; do
  (cd "$incoming/tree" && xargs -0 sh -c '[ "$#" -eq 0 ] || exec chmod "$0" "$@"' "$mode") <"$incoming/mode-$mode"
done
for release in releases/*; do
  if [ "$5" != others ] || [ "$release" = "releases/$4" ] || [ -L "$release" ] || [ ! -d "$release" ]; then continue; fi
  rm -rf -- "$stage"
  mkdir -- "$stage"
  while IFS= read -r each; do
    if [ ! -L "$release/$each" ] && [ "$release/$each" -ef "deploy-cache/$each" ]; then printf '%s\000' "$each"; fi
  done <"$incoming/leaked" >"$incoming/shared"
  (cd "$incoming/tree" && xargs -0 sh -c '[ "$#" -eq 0 ] || exec cp -a -l --parents -- "$@" "$0"' "../../../../$stage") \
    <"$incoming/shared"
  fence "$2" "$3"
  put "$stage" "$release"
done
fence "$2" "$3"
put "$incoming/tree" deploy-cache
rm -rf -- "$incoming" "$stage"`;
