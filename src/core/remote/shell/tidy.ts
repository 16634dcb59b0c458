import { LEAKS } from './leaks.ts';
import { PROVE_LARGE } from './proven.ts';
import { RUNS } from './runs.ts';
import { sh } from './sh.ts';
import { STAMP } from './stamp.ts';
import { SAME } from './standby.ts';
import { TRASH } from './trash.ts';

/**
 * `start_tidy g-000124 "$tidy"`: starts what can wait until a deployment is reported, and returns at once. g-000124 is
 * the generation that has just released the lock: one worker begins for it, however often this is run, and none where
 * the deployment has changed nothing. Without setsid or perl it stays in the group of this script. Whatever fails here is nobody's failure.
 */
export const START_TIDY = sh`${RUNS}${TRASH}
start_tidy() {
  at=.cutover/standby/$1
  [ -d .cutover/standby ] || return 0
  set -- "$@" .cutover/trash/*
  for each in .cutover/standby/g-*; do
    if [ -e "$each/done" ] && [ ! -e "$3" ]; then return 0; fi
  done
  if ! mkdir -m 0700 "$at" 2>/dev/null; then
    [ ! -d "$at" ] || return 0
    # What cannot be made on a full disk can be when something is removed.
    empty_trash && mkdir -m 0700 "$at" 2>/dev/null || return 0
  fi
  (
    set -- sh -c "$2" sh "$1"
    if command -v setsid >/dev/null 2>&1; then set -- setsid "$@"
    elif command -v perl >/dev/null 2>&1; then set -- perl -e 'setpgrp(0,0);exec(@ARGV)' "$@"
    fi
    if command -v nice >/dev/null 2>&1; then set -- nice -n 19 "$@"; fi
    exec "$@"
  ) </dev/null >/dev/null 2>&1 &
  started "$!"
  { printf '%s\n' "$! $start" >"$at/pid"; } 2>/dev/null || :
}`;

/** So many tenths of a second it waits for another one; and each of its programs may use so many seconds. */
const PATIENCE = 600;
const LIMIT_SEC = 1200;

/** Each takes some milliseconds; there are file systems whose times have a grain of two seconds. */
const STAMP_ROUNDS = 1000;

/**
 * The worker, in the deploy path: removes the trash, clones the deploy-cache, makes a stamp, and then compares the
 * whole cache with its manifest, so that the next deployment only has to look at what has changed since the stamp; last
 * it reads large files that are new, so that what is made of them need not be read. In this order, because links and removals change the times of inodes.
 *
 * It writes into its own directory alone, by path. When that is claimed, disowned or removed, nothing of what it does
 * has an effect any more, and it ends at the next look. A standby that an earlier one has finished and nobody has
 * claimed is still good: its deployment has changed nothing.
 *
 * The list of what is to go is read before the lock is looked at: what the next deployment claims is not on it.
 */
export const TIDY = sh`set -u
LC_ALL=C; export LC_ALL
umask 077
ulimit -t ${String(LIMIT_SEC)} 2>/dev/null || :
fail() { exit 1; }
link_text() { if [ -L "$1" ]; then readlink "$1"; fi; }
${RUNS}${TRASH}${LEAKS}${STAMP}${SAME}${PROVE_LARGE}
own=$1
at=.cutover/standby/$own
others_live() {
  for each in .cutover/standby/*; do
    if [ "$each" != "$at" ]; then
      read_run "$each"
      if run_lives; then return 0; fi
    fi
  done
  return 1
}
leave() {
  rm -f -- "$at/pid"
  for each in "$at"/*; do [ -e "$each" ] || rmdir "$at" 2>/dev/null; done
  exit 0
}
rounds=${String(PATIENCE)}
while others_live; do
  rounds=$((rounds - 1))
  [ -d "$at" ] && [ "$rounds" -gt 0 ] || leave
  sleep 0.1 2>/dev/null || { sleep 1; rounds=$((rounds - 9)); }
done
set -- .cutover/standby/*
for top in .cutover/locks/g-*; do :; done
[ "$\{top##*/}" = "$own" ] || leave
finished=
over=
for each in "$@"; do
  case $each in
    "$at" | .cutover/standby/wanted) ;;
    .cutover/standby/claimed-g-*) over="$over $\{each#.cutover/}" ;;
    .cutover/standby/g-*) if [ -e "$each/done" ]; then finished=$each; else discard "$each"; fi ;;
    *) discard "$each" ;;
  esac
done
set -- .cutover/trash/*
if [ -d .cutover/trash ] && [ ! -L .cutover/trash ] && { [ -e "$1" ] || [ -L "$1" ]; }; then
  (cd .cutover && exec rm -rf -- $over trash/*)
elif [ -n "$over" ]; then (cd .cutover && exec rm -rf -- $over)
fi
wanted=
if [ -f .cutover/standby/wanted ]; then read -r wanted <.cutover/standby/wanted; fi
if [ -n "$finished" ] || [ -z "$wanted" ] || [ ! -d deploy-cache ] || [ -L deploy-cache ] || [ -e .cutover/cache.next ]; then
  leave
fi
if [ "$wanted" = clone ] && keep .cutover/cache "$at/head"; then
  if cp -a -l -- deploy-cache "$at/part" 2>/dev/null && same "$at/head" .cutover/cache; then
    mv -- "$at/part" "$at/tree"
  else
    rm -rf -- "$at/part"
  fi
fi
if make_stamp "$at" ${String(STAMP_ROUNDS)} && leaks >"$at/finds"; then mv -- "$at/finds" "$at/leaks"; fi
if [ -e "$at/stamp" ]; then
  : >"$at/done"
  prove_large "$at"
fi
leave`;
