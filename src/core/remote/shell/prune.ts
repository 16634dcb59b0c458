import type { Fence, PruneRequest, ReleaseInUse } from '../engine.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';
import { TRASH } from './trash.ts';

/**
 * Removes releases from `releases/`, by one rename each into `.cutover/trash/`, so that there is never half a release
 * under its name. The tidying after the deployment removes them from the disk. What `current` leads to is never touched, whatever was asked, nor what a process works in.
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
      (request.ledger ?? []).join('\n'),
      String(request.records.length),
      ...request.records,
      ...request.releases,
    ],
  };
}

/** `20261121193811 4711 php-fpm` each; the name of a process may have spaces. */
export function readReleasesInUse(fields: Fields): readonly ReleaseInUse[] {
  return fields.all('in-use').map((text) => {
    const [release = '', process = '', ...name] = text.split(' ');
    return { release, process: Number(process), name: name.join(' ') };
  });
}

/**
 * `user_of RELEASE`: number and name of the first process whose working directory or program is inside, as far as
 * this user may see (proc(5)); nothing where there is no /proc. One `ls` for all: a process each would take long.
 */
const USER_OF = sh`
user_of() {
  ls -lnd /proc/[0-9]*/cwd /proc/[0-9]*/exe 2>/dev/null | while IFS= read -r line; do
    case $line in
      *" -> $home/releases/$1" | *" -> $home/releases/$1/"*)
        process=$\{line#*" /proc/"}
        process=$\{process%%/*}
        name=
        IFS= read -r name 2>/dev/null <"/proc/$process/comm" || :
        printf '%s %s' "$process" "$name"
        break
        ;;
    esac
  done
}`;

/** On a full disk the ledger may only be told, or be written anew, when something was removed from it. */
const BODY = sh`${USER_OF}${TRASH}
shorten_ledger() {
  rm -f -- .cutover/tmp/ledger &&
    (umask 077; printf '%s\n' "$ledger" >.cutover/tmp/ledger) &&
    mv -f -- .cutover/tmp/ledger .cutover/ledger
}
enter "$1"
fence "$2" "$3"
cd -P .
home=$PWD
nonce=$4
ledger=$5
records=$6
shift 6
told=yes
untold=
while [ "$records" -gt 0 ]; do
  if [ -z "$told" ] || ! record "$1"; then
    told=
    untold=$\{untold:+"$untold
"}$1
  fi
  records=$((records - 1))
  shift
done
for each in "$@"; do
  case $each in
    *[!0-9]* | '') fail E_BUG "$each is not a release of ours" ;;
  esac
done
[ ! -L .cutover/trash ] || fail E_REFUSED ".cutover/trash is not where it should be"
[ -d .cutover/trash ] || mkdir -m 0700 .cutover/trash
for each in "$@"; do
  if [ ! -d "releases/$each" ] || [ -L "releases/$each" ] || [ current -ef "releases/$each" ]; then continue; fi
  user=$(user_of "$each")
  if [ -n "$user" ]; then
    field in-use "$each $user"
    continue
  fi
  mv -- "releases/$each" ".cutover/trash/$each.$nonce"
done
if [ -n "$ledger" ]; then
  if ! shorten_ledger; then
    empty_trash || :
    shorten_ledger
  fi
elif [ -z "$told" ]; then
  empty_trash || :
  record "$untold"
fi`;
