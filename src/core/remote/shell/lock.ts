import { CutoverError } from '../../contract/index.ts';
import { RELEASED } from '../../lock/record.ts';
import type { Fence, LockAttempt, LockTrial, Released, TakeOver } from '../engine.ts';
import type { Observation } from '../observation.ts';
import { asFunctions } from './asFunctions.ts';
import { DISARM } from './disarm.ts';
import { HOME_PATH } from './homePath.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';
import { START_TIDY, TIDY } from './tidy.ts';

/** How the lock is to be taken. */
export interface Taking {
  readonly record: string;
  /** This very generation may be followed although somebody holds it. */
  readonly over: TakeOver | null;
  /** Where nobody ever locked, nothing is made and nobody locks; nor where no lock can be made. */
  readonly isTrial: boolean;
}

/**
 * The lock is a generation: a symbolic link `locks/g-000123` whose text is the owner's record. symlink(2) is
 * exclusive, and creating the next one is the only way to take, to take over or to release, so no two can win.
 * `look` is run behind it, whoever holds the lock then: what it sees is seen under the lock where that was taken.
 */
export function takeLockScript(path: string, { record, over, isTrial }: Taking, look: Script): Script {
  const limits = over === null ? ['', ''] : [over.generation, String(over.silentSec ?? '')];
  const take: Script = { name: 'take', body: TAKE, args: [path, record, ...limits, isTrial ? 'trial' : ''] };
  const { text, calls, args } = asFunctions({ take, look }, 1);
  return { name: 'take the lock', body: [text, calls.take, calls.look].join('\n'), args };
}

/** Throws `E_BUG` when nobody has even tried: only a trial may end so. */
export function readLockAttempt(fields: Fields, record: string, seen: Observation): LockAttempt {
  const trial = readLockTrial(fields, record, seen);
  if (!trial.taken && trial.generation === null)
    throw new CutoverError('E_BUG', 'The lock was not tried for.');
  return trial;
}

export function readLockTrial(fields: Fields, record: string, seen: Observation): LockTrial {
  const taken = fields.one('taken');
  if (taken !== null) return { taken: true, fence: { generation: taken, record }, seen };
  const generation = fields.one('owner-generation');
  if (generation === null) return { taken: false, generation, seen };
  const owner = fields.one('owner') ?? '';
  return { taken: false, generation, record: owner, ...readLockAges(fields, 'owner'), seen };
}

export function releaseLockScript(path: string, generation: string): Script {
  return { name: 'release the lock', body: RELEASE, args: [path, generation, RELEASED, TIDY] };
}

export function readReleased(fields: Fields): Released {
  const problem = fields.one('problem');
  return {
    released: fields.one('released') !== null,
    ...(problem === null ? {} : { problem }),
    current: fields.one('current') || null,
  };
}

/** A sign of life: a file whose time is the server's own. It never has to be written for the lock to hold. */
export function beatScript(path: string, fence: Fence): Script {
  return { name: 'keep the lock', body: BEAT, args: [path, fence.generation, fence.record] };
}

/** What `lock_ages` told under this name. */
export function readLockAges(
  fields: Fields,
  name: 'lock' | 'owner',
): {
  readonly heldSec: number | null;
  readonly beatAgeSec: number | null;
} {
  const seconds = (text: string | null) => (/^\d+$/.test(text ?? '') ? Number(text) : null);
  return { heldSec: seconds(fields.one(`${name}-held`)), beatAgeSec: seconds(fields.one(`${name}-beat`)) };
}

/**
 * `lock_ages g-000123 NAME`: for how long it has been held, and since when its holder was not heard of. Both times, and
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
  field "$2-held" "$held_sec"
  field "$2-beat" "$silent_sec"
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
  next=$((number + 1))
  while [ "$\{#next}" -lt 6 ]; do next=0$next; done
  next=g-$next
}`;

/**
 * Old generations go by their number: many who count them at once would each remove one more. What is `mine` has its
 * record in the file `of-g-000123` too: once made, a generation never gets another one.
 */
const TAKE = sh`${NEXT}${DISARM}
${LOCK_AGES}
${HOME_PATH}
home_path "$1"
if [ -n "$5" ]; then
  [ -d "$base/.cutover/locks" ] && [ -w "$base/.cutover/locks" ] || return 0
  [ ! -L "$base/.cutover" ] && [ ! -L "$base/.cutover/locks" ] || return 0
  cd -- "$base"
else
  mkdir -p -- "$base" || fail E_REMOTE "the deploy path $base cannot be created"
  enter "$base"
  [ ! -L .cutover ] || fail E_REFUSED ".cutover is a symbolic link"
  [ -d .cutover ] || mkdir -m 0700 .cutover 2>/dev/null || [ -d .cutover ]
  chmod 0700 .cutover
  [ -d .cutover/locks ] || mkdir .cutover/locks 2>/dev/null || [ -d .cutover/locks ]
fi
highest
held=
if [ -n "$top" ]; then held=$(readlink ".cutover/locks/$top" 2>/dev/null) || held=; fi
if [ -n "$top" ] && [ "$held" != released ] && [ "$held" != "$2" ]; then
  lock_ages "$top" owner
  if [ "$top" != "$3" ] || { [ -n "$4" ] && [ "$\{silent_sec:-0}" -lt "$4" ]; }; then
    field owner-generation "$top"
    field owner "$held"
    return 0
  fi
fi
if [ "$held" != "$2" ]; then
  before=$top
  after "$\{top:-g-0}"
  problem=$(ln -s -n -- "$2" ".cutover/locks/$next" 2>&1) || next=
  highest
  if [ "$top" = "$before" ]; then
    [ -z "$5" ] || return 0
    echo "no lock can be made in $base/.cutover/locks: $problem" >&2
    return 1
  fi
  if [ "$top" = "$next" ]; then held=$2; else held=$(readlink ".cutover/locks/$top" 2>/dev/null) || held=; fi
fi
if [ "$held" = "$2" ]; then
  disarm
  field taken "$top"
  mine=$top
  umask 077
  { printf '%s\n' "$2" >".cutover/locks/of-$top"; } 2>/dev/null || :
  umask 022
else
  lock_ages "$top" owner
  field owner-generation "$top"
  field owner "$held"
fi
count_of "$top"
oldest=$((number - 7))
set --
for each in .cutover/locks/g-*; do
  count_of "$\{each##*/}"
  [ "$number" -lt "$oldest" ] || break
  set -- "$@" "$each"
done
for each in .cutover/locks/beat-g-*; do
  if [ -e "$each" ] && [ ! -L ".cutover/locks/$\{each##*/beat-}" ]; then set -- "$@" "$each"; fi
done
for each in .cutover/locks/of-g-*; do
  if [ -e "$each" ] && [ "$\{each##*/of-}" != "$top" ]; then set -- "$@" "$each"; fi
done
[ "$#" -eq 0 ] || rm -f -- "$@"`;

const BEAT = sh`
enter "$1"
fence "$2" "$3"
touch ".cutover/locks/beat-$2" 2>/dev/null || touch -c -h ".cutover/locks/$2"`;

/** Where not one inode is free, an old generation gives its own, or a directory that is made when it is needed. */
const RELEASE = sh`${NEXT}${START_TIDY}
next_is() { problem=$(ln -s -n -- "$1" ".cutover/locks/$next" 2>&1); }
make_room() {
  rmdir .cutover/incoming 2>/dev/null || :
  for each in .cutover/locks/g-*; do
    [ "$each" = ".cutover/locks/$top" ] || rm -f -- "$each" 2>/dev/null || :
    break
  done
}
enter "$1"
text_of current
field current "$text"
highest
after "$2"
held=
if [ "$top" = "$2" ]; then
  if next_is "$3" || { make_room; next_is "$3"; }; then held=$3; fi
fi
if [ -z "$held" ]; then
  text_of ".cutover/locks/$next"
  held=$text
fi
if [ "$held" = "$3" ]; then field released yes
elif [ -z "$held" ] && [ "$top" = "$2" ]; then field problem "$problem"
fi
highest
if [ "$top" = "$next" ] && [ "$held" = "$3" ]; then start_tidy "$next" "$4"; fi`;
