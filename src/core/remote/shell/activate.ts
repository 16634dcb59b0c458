import { currentText } from '../../release/paths.ts';
import type { ActivateRequest, Fence, RevertRequest } from '../engine.ts';
import { ARMED_SWITCH } from './armedSwitch.ts';
import { DISARM } from './disarm.ts';
import { RENAME } from './rename.ts';
import type { Script } from './script.ts';
import { sh } from './sh.ts';

const COMPARE_CURRENT = sh`
compare_current() {
  if [ ! -L current ] && [ -e current ]; then fail E_REFUSED "current is not a symbolic link"; fi
  now=$(link_text current)
  [ "$now" = "$1" ] || [ "$now" = "$2" ] ||
    fail E_STALE "current leads to $\{now:-nothing}, not to $\{1:-nothing}: somebody else changed it"
}`;

/**
 * The one way `current` is ever changed, by deployment, rollback and compensation alike: compare with what is
 * expected, make a link under another name, rename it over `current`, read it back.
 * In: `switch_current METHOD FROM TO`, where an empty FROM or TO is no link at all.
 */
const SWITCH_CURRENT = sh`${RENAME}${COMPARE_CURRENT}${DISARM}
switch_current() {
  compare_current "$2" "$3"
  if [ "$now" != "$3" ]; then
    if [ -n "$3" ]; then
      rm -f -- .cutover/tmp/current
      ln -s -n -- "$3" .cutover/tmp/current
      rename_over "$1" .cutover/tmp/current current
    else
      rm -f -- current
    fi
    now=$(link_text current)
    [ "$now" = "$3" ] || fail E_REMOTE "current was switched to $\{3:-nothing}, but reads $\{now:-nothing}"
  fi
}`;

export function activateScript(path: string, fence: Fence, request: ActivateRequest): Script {
  return {
    name: 'activate',
    body: ACTIVATE,
    args: [
      path,
      fence.generation,
      fence.record,
      request.method ?? '',
      request.expected ?? '',
      currentText(request.release),
      request.active ?? '',
    ],
  };
}

const ACTIVATE = sh`${SWITCH_CURRENT}
enter "$1"
fence "$2" "$3"
disarm
[ -d "$6" ] || fail E_REMOTE "the release $6 does not exist"
method=$4
if [ -z "$method" ]; then prove_rename; fi
switch_current "$method" "$5" "$6"
[ -d current/ ] || fail E_REMOTE "current leads to $6, which cannot be entered"
if [ -n "$7" ]; then record "$7"; fi`;

/** How an armed switch waits. */
export interface Waiting {
  /** Names its link. */
  readonly nonce: string;
  readonly limitSec: number;
  readonly beatEverySec: number;
}

/**
 * The same in two parts, with a line on stdin between them (`ARMED_SWITCH`). The link has a name of its own, and goes
 * with whatever changes `current` afterwards: a line that comes late then finds nothing to rename. A field `gone` says that
 * nothing was switched.
 */
export function armScript(path: string, fence: Fence, request: ActivateRequest, waiting: Waiting): Script {
  const { args } = activateScript(path, fence, request);
  const link = `.cutover/tmp/armed-${waiting.nonce}`;
  return {
    name: 'activate',
    body: ARM,
    args: [...args, link, String(waiting.limitSec), String(waiting.beatEverySec)],
  };
}

const ARM = sh`${SWITCH_CURRENT}${ARMED_SWITCH}
exec 3<&0 </dev/null
enter "$1"
fence "$2" "$3"
[ -d "$6" ] || fail E_REMOTE "the release $6 does not exist"
method=$4
if [ -z "$method" ]; then prove_rename; fi
compare_current "$5" "$6"
disarm
mkdir -p .cutover/tmp
ln -s -n -- "$6" "$8"
wait_armed "$method" "$2" "$3" "$5" "$6" "$8" "$9" "$\{10}"
rm -f -- "$8"
if [ "$status" = 3 ]; then
  journal_after=
  field gone yes
  return 0
fi
[ "$status" = 0 ] || exit "$status"
now=$(link_text current)
[ "$now" = "$6" ] || fail E_REMOTE "current was switched to $6, but reads $\{now:-nothing}"
[ -d current/ ] || fail E_REMOTE "current leads to $6, which cannot be entered"
if [ -n "$7" ]; then record "$7"; fi`;

/** Puts `current` back if it leads to the release that failed, and only then throws that release away. */
export function revertScript(path: string, fence: Fence, request: RevertRequest): Script {
  return {
    name: 'compensate',
    body: REVERT,
    args: [
      path,
      fence.generation,
      fence.record,
      currentText(request.release),
      request.previous ?? '',
      request.discard ? 'discard' : 'keep',
      request.record ?? '',
      request.nonce,
      request.previousMustExist ? 'must-exist' : 'any',
    ],
  };
}

const REVERT = sh`${SWITCH_CURRENT}
enter "$1"
fence "$2" "$3"
disarm
if [ "$(link_text current)" = "$4" ] && [ "$4" != "$5" ]; then
  if [ "$9" = must-exist ] && [ ! -d "$5" ]; then fail E_REMOTE "the release before, $5, does not exist any more"; fi
  prove_rename
  switch_current "$method" "$4" "$5"
fi
field current "$(link_text current)"
if [ "$6" = discard ] && [ "$(link_text current)" != "$4" ]; then
  if [ -d "$4" ] && [ ! -L "$4" ]; then
    mkdir -p .cutover/trash
    mv -- "$4" ".cutover/trash/$8"
  fi
  release=$\{4#releases/}
  rm -rf -- ".cutover/trash/$8" ".cutover/build/$release" ".cutover/incoming/$release" ".cutover/incoming/$release.removed"
fi
# Last: on a full disk there is room again, and what is gone is not chosen, recorded or not.
if [ -n "$7" ]; then record "$7" || :; fi`;
