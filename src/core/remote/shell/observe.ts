import { createHash } from 'node:crypto';
import { parseLedger } from '../../release/ledger.ts';
import { releaseOf } from '../../release/paths.ts';
import { type CacheHead, parseCacheHead } from '../../sync/cacheHead.ts';
import { parseMark } from '../marks.ts';
import type { CurrentLink, Observation, ObservedCache, PathKind } from '../observation.ts';
import { HOME_PATH } from './homePath.ts';
import { LOCK_AGES, readLockAges } from './lock.ts';
import { RUNS } from './runs.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';
import { spaceIn } from './space.ts';

/**
 * Reads all there is to know about a server in one round trip, and changes nothing. A power cut can leave NUL in a
 * file, which is where our fields end.
 */
export function observeScript(path: string, sharedPaths: readonly string[]): Script {
  return { name: 'observe', body: BODY, args: [path, ...sharedPaths] };
}

const BODY = sh`${RUNS}${LOCK_AGES}${HOME_PATH}
home_path "$1"
shift
field path "$base"
user=$(id -un 2>/dev/null) || user=$(id -u)
field user "$user"
clock=$(date -u +%Y-%m-%dT%H:%M:%SZ 2>/dev/null) || clock=
field clock "$clock"
for tool in tar cp mv ln rm find xargs readlink dd sha256sum b2sum zstd gzip setsid timeout bash perl python3; do
  if command -v "$tool" >/dev/null 2>&1; then field tool "$tool"; fi
done
near=$base
while [ ! -e "$near" ] && [ -n "$near" ]; do near=$\{near%/*}; done
near=$\{near:-/}
if [ -d "$near" ] && [ -w "$near" ] && [ -x "$near" ]; then field writable yes; fi
if space=$(df -k --output=avail,itotal,iavail -- "$near" 2>/dev/null); then field space "$space"
else
  field blocks "$(df -Pk -- "$near" 2>/dev/null)"
  field inodes "$(df -Pi -- "$near" 2>/dev/null)"
fi
real=$near
if cd -P -- "$near" 2>/dev/null; then real=$PWD; fi
field real "$\{real%/}$\{base#"$\{near%/}"}"
[ -d "$base" ] || return 0
enter "$base"
field exists yes
if [ -L current ]; then
  field current "$(readlink current)"
  if [ ! -d current/ ]; then field dangling yes; fi
elif [ -d current ]; then field current-kind directory
elif [ -e current ]; then field current-kind other
fi
for each in releases shared deploy-cache .cutover .cutover/locks; do
  if [ -L "$each" ]; then field misplaced "$each"
  elif [ -e "$each" ] && [ ! -d "$each" ]; then field misplaced "$each"
  fi
done
if [ -d releases ]; then
  for each in releases/*; do
    if [ -d "$each" ] && [ ! -L "$each" ]; then field release "$\{each#releases/}"; fi
  done
fi
for each in "$@"; do
  if [ -L "shared/$each" ]; then kind=link
  elif [ -d "shared/$each" ]; then kind=directory
  elif [ -f "shared/$each" ]; then kind=file
  elif [ -e "shared/$each" ]; then kind=other
  else kind=absent
  fi
  field shared "$kind $each"
done
[ -d .cutover ] || return 0
[ -r .cutover ] && [ -x .cutover ] || fail E_REFUSED "the directory $base/.cutover cannot be read by this user"
generation=
for each in .cutover/locks/g-*; do
  if [ -L "$each" ]; then generation=$each; fi
done
if [ -n "$generation" ]; then
  field generation "$\{generation##*/}"
  if [ "$\{generation##*/}" = "$\{mine:-}" ]; then field lock "$held"
  else
    field lock "$(readlink "$generation")"
    lock_ages "$\{generation##*/}" lock
  fi
fi
if [ -f .cutover/journals/open ]; then
  printf 'journal\000'
  tr -d '\000' <.cutover/journals/open
  printf '\000'
fi
for run in .cutover/runs/*; do
  read_run "$run"
  if [ -n "$pid" ] && [ ! -L "$run/rc" ] && run_lives; then field running "$\{run##*/}"; fi
done
for each in ledger paused frozen cache cache.next; do
  case $each in cache*) [ -d deploy-cache ] || continue ;; esac
  if [ -f ".cutover/$each" ]; then
    printf '%s\000' "$each"
    tr -d '\000' <".cutover/$each"
    printf '\000'
  fi
done`;

export function readObservation(fields: Fields): Observation {
  const path = fields.one('path') ?? '';
  const realPath = fields.one('real') ?? path;
  const ledger = fields.one('ledger') ?? '';
  return {
    path,
    realPath,
    exists: fields.one('exists') !== null,
    user: fields.one('user') ?? '',
    writable: fields.one('writable') !== null,
    current: readCurrent(fields, [path, realPath]),
    releases: [...fields.all('release')].sort(),
    misplaced: fields.all('misplaced'),
    ledger: parseLedger(ledger),
    ledgerHash: sha256(ledger),
    cache: readCache(fields.one('cache'), fields.one('cache.next')),
    paused: parseMark(fields.one('paused')),
    frozen: parseMark(fields.one('frozen')),
    journal: fields.one('journal'),
    lock: {
      generation: fields.one('generation'),
      record: fields.one('lock'),
      ...readLockAges(fields, 'lock'),
    },
    running: fields.all('running'),
    shared: Object.fromEntries(fields.all('shared').map(readShared)),
    tools: new Set(fields.all('tool')),
    ...spaceIn(fields),
    clock: readClock(fields.one('clock')),
  };
}

/** A head that cannot be read says nothing about the cache, which is then built anew. */
function readCache(head: string | null, next: string | null): ObservedCache {
  const hash = head === null ? null : sha256(`${head}\0${next ?? ''}`);
  return { head: head === null ? null : readHead(head), pending: next !== null, hash };
}

function readHead(text: string): CacheHead | null {
  try {
    return parseCacheHead(text);
  } catch {
    return null;
  }
}

function readCurrent(fields: Fields, deployPaths: readonly string[]): CurrentLink {
  const text = fields.one('current');
  if (text !== null) {
    return {
      kind: 'link',
      text,
      release: releaseOf(text, deployPaths),
      dangling: fields.one('dangling') !== null,
    };
  }
  const kind = fields.one('current-kind');
  return kind === 'directory' || kind === 'other' ? { kind } : { kind: 'absent' };
}

function readShared(value: string): [string, PathKind] {
  const space = value.indexOf(' ');
  return [value.slice(space + 1), value.slice(0, space) as PathKind];
}

function readClock(text: string | null): Date | null {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? null : date;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
