import type { Compression } from '../../sync/compression.ts';
import type { Fence, SyncRequest } from '../engine.ts';
import { ARRIVING } from './arriving.ts';
import { MAKING } from './making.ts';
import { RECEIVING } from './receiving.ts';
import type { Script } from './script.ts';
import { sh } from './sh.ts';
import { DISOWN, MERGE, SAME } from './standby.ts';

export interface Receiving {
  readonly continues: boolean;
  readonly compression: Compression | null;
}

/**
 * Receives an archive into a private directory and merges it into the deploy-cache. A cached file is never
 * opened for writing, because releases share it by hard link: new content comes as a new inode under the old
 * name. What is about to change is on disk (`cache.next` and its segment) before the cache is touched, and the head is
 * committed last. What was merged stays in `change` beside a claimed standby, which is one change behind.
 * When files could not be made of what the server holds, these are named by fields `resend`, and nothing else was done.
 * Run again, it removes nothing a second time: by then a name on the list may lead through a link that is new.
 * `continues`: what has arrived of it already stays. `compression`: of the data; a decompressor that fails is told by the end
 * mark that is missing. Other channels may bring a part of the data beside it, for this very try (`receiving.ts`); `complete` is
 * sent when all of them have ended.
 */
export function syncScript(
  path: string,
  fence: Fence,
  { release, work }: SyncRequest,
  { continues, compression }: Receiving,
): Script {
  return {
    name: 'sync the deploy-cache',
    body: BODY,
    args: [
      path,
      fence.generation,
      fence.record,
      release,
      work.fresh ? 'fresh' : 'merge',
      continues ? 'continue' : 'anew',
      work.head.segments.at(-1)!,
      compression ?? 'none',
      isShort(work) ? 'short' : 'long',
    ],
  };
}

/** It is over before a line would be called slow, and costs more to watch than to receive. */
function isShort({ fresh, diff }: SyncRequest['work']): boolean {
  return !fresh && diff.changes.length <= 100 && diff.bytes <= 32 * 1024;
}

const BODY = sh`${ARRIVING}${RECEIVING}${MAKING}${DISOWN}${MERGE}${SAME}
enter "$1"
fence "$2" "$3"
incoming=.cutover/incoming/$4
if [ "$6" = anew ] && [ -e "$incoming" ]; then rm -rf -- "$incoming"; fi
claim=.cutover/standby/claimed-$2
change=
if [ "$5" = merge ] && [ -d "$claim/tree" ]; then change=$claim/change; fi
if [ -d "$incoming" ]; then rm -f -- "$incoming"/complete* "$incoming/sums" "$incoming/follows" "$incoming/attempt"; fi
[ -d "$incoming" ] && [ -d "$\{change:-.}" ] || mkdir -p "$incoming" "$\{change:-.}"
beating=
[ "$9" = short ] || beat_while_arriving "$2" "$incoming"
status=0
receive "$incoming" "$8" || status=$?
[ -z "$beating" ] || kill "$beating" 2>/dev/null || :
[ "$status" -eq 0 ] || return "$status"
complete=
{ IFS= read -r complete <"$incoming/complete"; } 2>/dev/null || :
[ "$complete" = "$4" ] || fail E_REMOTE "the upload ended early"
[ -d "$incoming/tree" ] || mkdir "$incoming/tree"
make_files "$incoming" "$claim"
fence "$2" "$3"
if [ -s "$incoming/wrong" ]; then
  journal_after=
  return 0
fi
disown
look=$claim/look
[ ! -d "$look" ] || [ -e "$look/over" ] || : >"$look/overtaken"
if [ -n "$change" ] && [ -e "$change/tree" ]; then rm -rf -- "$change/tree"; fi
if [ "$5" = merge ]; then
  if [ ! -d deploy-cache ] || [ -L deploy-cache ]; then
    fail E_REFUSED "deploy-cache is not the directory it was: somebody changed it (--full builds it anew)"
  fi
  if [ ! -e "$incoming.removed" ] && ! real_directories "$incoming/directories" deploy-cache; then
    fail E_REFUSED "deploy-cache/$\{odd#./} is not the directory it was: somebody changed the deploy-cache (--full builds it anew)"
  fi
  if [ -n "$change" ] && [ ! -e .cutover/cache.next ] && same "$claim/head" .cutover/cache; then
    : >"$change/fits"
  fi
fi
[ -d .cutover/manifests ] || mkdir -m 0700 .cutover/manifests
mv -f -- "$incoming/segment" ".cutover/manifests/$7"
# What another upload may have touched is told by its own cache.next: from here on nothing is known of this cache.
if [ -e .cutover/cache.next ] && [ "$(cat "$incoming/head")" != "$(cat .cutover/cache.next)" ]; then
  rm -f -- .cutover/cache
fi
mv -f -- "$incoming/head" .cutover/cache.next
if [ "$5" = fresh ] && [ -e deploy-cache ]; then
  rm -f -- .cutover/cache
  mv -- deploy-cache "$incoming/discarded"
fi
if [ ! -d deploy-cache ]; then
  mv -- "$incoming/tree" deploy-cache
else
  if [ ! -e "$incoming.removed" ]; then
    remove_listed "$incoming/remove" deploy-cache "$incoming/tree"
    umask 077
    : >"$incoming.removed"
    umask 022
  fi
  # What an earlier try has merged is one file by two names, which the cp of BusyBox refuses.
  if [ "$6" = continue ]; then
    (cd "$incoming/tree" && find . ! -type d) | while IFS= read -r each; do
      if [ -L "deploy-cache/$each" ] || [ "$incoming/tree/$each" -ef "deploy-cache/$each" ]; then rm -f -- "deploy-cache/$each"; fi
    done
  fi
  cp -a -l -f -- "$incoming/tree/." deploy-cache/
fi
mv -f -- .cutover/cache.next .cutover/cache
segments=' '
while IFS=' ' read -r word each; do
  if [ "$word" = segment ]; then segments="$segments$each "; fi
done <.cutover/cache
for each in .cutover/manifests/*; do
  case $segments in
    *" $\{each##*/} "*) ;;
    *) rm -f -- "$each" ;;
  esac
done
if [ -n "$change" ]; then
  [ ! -e "$change/head" ] || rm -f -- "$change/head"
  keep .cutover/cache "$change/head"
  mv -f -- "$incoming/directories" "$incoming/remove" "$incoming/tree" "$change/"
fi
rm -rf -- "$incoming"`;
