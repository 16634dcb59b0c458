import { LARGE_BYTES } from '../../sync/blocks.ts';
import { sh } from './sh.ts';
import { STAMP } from './stamp.ts';

/** So much is read behind a deployment at the most. */
const MOST_BYTES = 2 ** 30;

/**
 * `prove_large DIRECTORY`: reads the large files that the last segment of the manifest names, after the stamp in this
 * directory was made, and keeps their inodes and hashes beside it, in `proven`: what changed once will change again.
 */
export const PROVE_LARGE = sh`
prove_large() {
  newest=
  while IFS=' ' read -r word each; do
    if [ "$word" = segment ]; then newest=$each; fi
  done <.cutover/cache
  [ -n "$newest" ] || return 0
  large=$(awk -F "$(printf '\t')" '$1 == "f" && $3 >= ${String(LARGE_BYTES)} && (sum += $3) <= ${String(MOST_BYTES)} { print $6 }' ".cutover/manifests/$newest")
  [ -n "$large" ] || return 0
  printf '%s\n' "$large" | while IFS= read -r each; do
    [ -e "$1/stamp" ] || break
    number=$(stat -c %i "deploy-cache/$each" 2>/dev/null) && sum=$(cd deploy-cache && sha256sum -- "./$each") || continue
    printf '%s %s\n' "$number" "$sum" >>"$1/proven"
  done
}`;

/**
 * `proven DIRECTORY PATH HASH`: the file of the deploy-cache, as `./path`, has this content. It had it when it was read
 * after the stamp in the directory, and is the same inode, which has not changed since the stamp. To be asked after what
 * is to be proven was read: then it was so all the while.
 */
export const PROVEN = sh`${STAMP}
proven() {
  [ "$3" != - ] && [ -s "$1/proven" ] && [ ! -L "deploy-cache/$2" ] || return 1
  number=$(stat -c %i "deploy-cache/$2" 2>/dev/null) && grep -q -x -F -e "$number $3  $2" "$1/proven" || return 1
  stamp_holds "$1" && newer=$(find "deploy-cache/$2" -cnewer "$1/stamp") && [ -z "$newer" ]
}`;
