import { CutoverError } from '../../contract/index.ts';
import type { Fence, RenameMethod } from '../engine.ts';
import { BEGIN_LOOK } from './look.ts';
import { RENAME } from './rename.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';
import { TRASH } from './trash.ts';

/**
 * Makes what is missing, sweeps what a dead run left behind (the lock is ours) except commands that are still at
 * work, and proves by a trial how a link can be renamed over another on this server: `mv -T` does not do it everywhere
 * (uutils, toybox). No command of this transaction has begun yet, so a run of the same name is an earlier one's.
 *
 * The tidying after the deployment before is not waited for. What it has made is claimed, and what it is still making
 * then loses its place. Trash is left to it while it lives; what a dead one left is removed here, so that it cannot
 * pile up where workers never get to their end. What nobody can remove is named by fields `stays`.
 */
export function prepareScript(path: string, fence: Fence): Script {
  return { name: 'prepare', body: BODY, args: [path, fence.generation, fence.record] };
}

export function readMethod(server: string, fields: Fields): RenameMethod {
  const method = fields.one('method');
  if (method === 'mv' || method === 'perl' || method === 'python3') return method;
  throw new CutoverError(
    'E_CAPABILITY',
    `${server}: nothing on this server can rename a link over another in one step.`,
    {
      server,
      hint: 'Install GNU coreutils, BusyBox, perl or python3 there.',
    },
  );
}

const BODY = sh`${RENAME}${BEGIN_LOOK}${TRASH}
enter "$1"
fence "$2" "$3"
claim=.cutover/standby/claimed-$2
[ -d releases ] && [ -d shared ] || mkdir -p releases shared
chmod 0700 .cutover
missing=
set --
for each in .cutover/build .cutover/incoming .cutover/tmp; do
  if [ -d "$each" ] && [ ! -L "$each" ]; then
    for left in "$each"/* "$each"/.[!.]*; do
      if [ -e "$left" ] || [ -L "$left" ]; then set -- "$@" "$left"; fi
    done
  else
    missing="$missing $each"
    set -- "$@" "$each"
  fi
done
[ "$#" -eq 0 ] || rm -rf -- "$@"
[ -z "$missing" ] || mkdir -m 0700 $missing
if [ ! -d .cutover/standby ] || [ -L .cutover/standby ]; then
  rm -rf -- .cutover/standby
  mkdir -m 0700 .cutover/standby
fi
tidying=
for each in .cutover/standby/*; do
  read_run "$each"
  if run_lives; then tidying=yes; fi
done
if [ -z "$tidying" ] || [ ! -d .cutover/trash ] || [ -L .cutover/trash ]; then
  empty_trash || :
  for each in .cutover/trash/*; do
    if [ -e "$each" ] || [ -L "$each" ]; then field stays "$\{each##*/}"; fi
  done
fi
if [ ! -d "$claim" ]; then
  made=
  for each in .cutover/standby/g-*; do
    if [ -d "$each" ] && [ ! -L "$each" ]; then made=$each; fi
  done
  if [ -z "$made" ] || ! mv -- "$made" "$claim" 2>/dev/null; then mkdir -m 0700 "$claim"; fi
fi
for each in .cutover/standby/* "$claim/part"; do
  case $each in
    "$claim" | .cutover/standby/wanted) ;;
    *) discard "$each" ;;
  esac
done
begin_look "$claim"
[ -d .cutover/runs ] || mkdir -m 0700 .cutover/runs
for run in .cutover/runs/*; do
  [ -e "$run" ] || [ -L "$run" ] || continue
  read_run "$run"
  if [ -L "$run/rc" ] || ! run_lives; then rm -rf -- "$run"; fi
done
prove_rename_in "$claim"
field method "$method"`;
