import { RELEASED } from '../../lock/record.ts';
import type { Fence, LockAttempt, TakeOver } from '../engine.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';

/**
 * The lock is a generation: a symbolic link `locks/g-000123` whose text is the owner's record. symlink(2) is
 * exclusive, and creating the next one is the only way to take, to take over or to release, so no two can win.
 * `over`: this very generation may be followed although somebody holds it.
 */
export function takeLockScript(path: string, record: string, over: TakeOver | null): Script {
  const limits = over === null ? ['', ''] : [over.generation, String(over.silentSec ?? '')];
  return { name: 'take the lock', body: TAKE, args: [path, record, ...limits] };
}

export function readLockAttempt(fields: Fields): LockAttempt {
  const generation = fields.one('generation') ?? '';
  const record = fields.one('record') ?? '';
  return fields.one('taken') === null
    ? { taken: false, generation, record, ...readLockAges(fields) }
    : { taken: true, fence: { generation, record } };
}

export function releaseLockScript(path: string, generation: string): Script {
  return { name: 'release the lock', body: RELEASE, args: [path, generation, RELEASED] };
}

/** A sign of life: a file whose time is the server's own. It never has to be written for the lock to hold. */
export function beatScript(path: string, fence: Fence): Script {
  return { name: 'keep the lock', body: BEAT, args: [path, fence.generation, fence.record] };
}

/** What `lock_ages` told. */
export function readLockAges(fields: Fields): {
  readonly heldSec: number | null;
  readonly beatAgeSec: number | null;
} {
  const seconds = (name: string) => (/^\d+$/.test(fields.one(name) ?? '') ? Number(fields.one(name)) : null);
  return { heldSec: seconds('lock-held'), beatAgeSec: seconds('lock-beat') };
}

/**
 * `lock_ages g-000123`: for how long it has been held, and since when its holder was not heard of. Both times, and
 * the clock that they are compared with, are the server's. `stat` is GNU's and BusyBox's, or that of BSD; where there
 * is neither nothing is told, and nobody is called silent.
 */
export const LOCK_AGES = sh`
modified() {
  if [ -e "$1" ] || [ -L "$1" ]; then stat -c %Y "$1" 2>/dev/null || stat -f %m "$1" 2>/dev/null || :; fi
}
lock_ages() {
  held_sec=
  silent_sec=
  clock=$(date +%s 2>/dev/null) || clock=
  made=$(modified ".cutover/locks/$1")
  heard=$(modified ".cutover/locks/beat-$1")
  case $clock in '' | *[!0-9]*) return 0 ;; esac
  case $made in '' | *[!0-9]*) return 0 ;; esac
  case $heard in '' | *[!0-9]*) heard=$made ;; esac
  [ "$heard" -ge "$made" ] || heard=$made
  held_sec=$((clock - made))
  silent_sec=$((clock - heard))
  [ "$held_sec" -ge 0 ] || held_sec=0
  [ "$silent_sec" -ge 0 ] || silent_sec=0
  field lock-held "$held_sec"
  field lock-beat "$silent_sec"
}`;

const NEXT = sh`
highest() {
  top=
  for each in .cutover/locks/g-*; do
    if [ -L "$each" ]; then top=$\{each##*/}; fi
  done
}
count_of() {
  number=$\{1#g-}
  while [ "$number" != "$\{number#0}" ]; do number=$\{number#0}; done
  number=$\{number:-0}
}
after() {
  count_of "$1"
  printf 'g-%06d' "$((number + 1))"
}`;

/** Old generations go by their number: many who count them at once would each remove one more. */
const TAKE = sh`${NEXT}
${LOCK_AGES}
mkdir -p -- "$1" || fail E_REMOTE "the deploy path $1 cannot be created"
enter "$1"
[ ! -L .cutover ] || fail E_REFUSED ".cutover is a symbolic link"
[ -d .cutover ] || mkdir -m 0700 .cutover 2>/dev/null || [ -d .cutover ]
chmod 0700 .cutover
[ -d .cutover/locks ] || mkdir .cutover/locks 2>/dev/null || [ -d .cutover/locks ]
highest
held=
if [ -n "$top" ]; then held=$(readlink ".cutover/locks/$top" 2>/dev/null) || held=; fi
if [ -n "$top" ] && [ "$held" != released ] && [ "$held" != "$2" ]; then
  lock_ages "$top"
  if [ "$top" != "$3" ] || { [ -n "$4" ] && [ "$\{silent_sec:-0}" -lt "$4" ]; }; then
    field generation "$top"
    field record "$held"
    return 0
  fi
fi
if [ "$held" != "$2" ]; then
  before=$top
  next=$(after "$\{top:-g-0}")
  problem=$(ln -s -n -- "$2" ".cutover/locks/$next" 2>&1) || :
  highest
  if [ "$top" = "$before" ]; then
    echo "no lock can be made in $1/.cutover/locks: $problem" >&2
    return 1
  fi
fi
held=$(readlink ".cutover/locks/$top" 2>/dev/null) || held=
if [ "$held" = "$2" ]; then field taken yes; fi
field generation "$top"
field record "$held"
count_of "$top"
oldest=$((number - 7))
for each in .cutover/locks/g-*; do
  count_of "$\{each##*/}"
  [ "$number" -lt "$oldest" ] || break
  rm -f -- "$each"
done
for each in .cutover/locks/beat-g-*; do
  [ -L ".cutover/locks/$\{each##*/beat-}" ] || rm -f -- "$each"
done`;

const BEAT = sh`
enter "$1"
fence "$2" "$3"
touch ".cutover/locks/beat-$2" 2>/dev/null || touch -c -h ".cutover/locks/$2"`;

/** Where not one inode is free, an old generation gives its own, or a directory that is made when it is needed. */
const RELEASE = sh`${NEXT}
next_is() { problem=$(ln -s -n -- "$1" ".cutover/locks/$next" 2>&1); }
make_room() {
  rmdir .cutover/incoming 2>/dev/null || :
  for each in .cutover/locks/g-*; do
    [ "$each" = ".cutover/locks/$top" ] || rm -f -- "$each" 2>/dev/null || :
    break
  done
}
enter "$1"
field current "$(link_text current)"
highest
next=$(after "$2")
if [ "$top" = "$2" ] && ! next_is "$3"; then
  make_room
  next_is "$3" || :
fi
held=$(link_text ".cutover/locks/$next")
if [ "$held" = "$3" ]; then field released yes
elif [ -z "$held" ] && [ "$top" = "$2" ]; then field problem "$problem"
fi`;
