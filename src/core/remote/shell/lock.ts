import { RELEASED } from '../../lock/record.ts';
import type { LockAttempt } from '../engine.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';

/**
 * The lock is a generation: a symbolic link `locks/g-000123` whose text is the owner's record. symlink(2) is
 * exclusive, and creating the next one is the only way to take or to release, so no two can win.
 */
export function takeLockScript(path: string, record: string): Script {
  return { name: 'take the lock', body: TAKE, args: [path, record] };
}

export function readLockAttempt(fields: Fields): LockAttempt {
  const generation = fields.one('generation') ?? '';
  const record = fields.one('record') ?? '';
  return fields.one('taken') === null
    ? { taken: false, generation, record }
    : { taken: true, fence: { generation, record } };
}

export function releaseLockScript(path: string, generation: string): Script {
  return { name: 'release the lock', body: RELEASE, args: [path, generation, RELEASED] };
}

const NEXT = sh`
highest() {
  top=
  for each in .cutover/locks/g-*; do
    if [ -L "$each" ]; then top=$\{each##*/}; fi
  done
}
after() {
  number=$\{1#g-}
  while [ "$number" != "$\{number#0}" ]; do number=$\{number#0}; done
  printf 'g-%06d' "$(($\{number:-0} + 1))"
}`;

const TAKE = sh`${NEXT}
mkdir -p -- "$1" || fail E_REMOTE "the deploy path $1 cannot be created"
enter "$1"
[ ! -L .cutover ] || fail E_REFUSED ".cutover is a symbolic link"
[ -d .cutover ] || mkdir -m 0700 .cutover 2>/dev/null || [ -d .cutover ]
chmod 0700 .cutover
[ -d .cutover/locks ] || mkdir .cutover/locks 2>/dev/null || [ -d .cutover/locks ]
highest
held=
if [ -n "$top" ]; then held=$(readlink ".cutover/locks/$top"); fi
if [ -n "$top" ] && [ "$held" != released ] && [ "$held" != "$2" ]; then
  field generation "$top"
  field record "$held"
  return 0
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
held=$(readlink ".cutover/locks/$top")
if [ "$held" = "$2" ]; then field taken yes; fi
field generation "$top"
field record "$held"
count=0
for each in .cutover/locks/g-*; do count=$((count + 1)); done
for each in .cutover/locks/g-*; do
  [ "$count" -gt 8 ] || break
  rm -f -- "$each"
  count=$((count - 1))
done`;

const RELEASE = sh`${NEXT}
enter "$1"
field current "$(link_text current)"
highest
next=$(after "$2")
if [ "$top" = "$2" ]; then ln -s -n -- "$3" ".cutover/locks/$next" 2>/dev/null || :; fi
if [ "$(link_text ".cutover/locks/$next")" = "$3" ]; then field released yes; fi`;
