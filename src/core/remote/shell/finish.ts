import { CutoverError } from '../../contract/index.ts';
import type { Fence, Finished, FinishRequest } from '../engine.ts';
import { asFunctions } from './asFunctions.ts';
import { closeScript } from './journal.ts';
import { readReleased, releaseLockScript } from './lock.ts';
import { pruneScript, readReleasesInUse } from './prune.ts';
import { saidFailure } from './run.ts';
import { FAILED_BY_ITSELF, type Fields, type Script } from './script.ts';
import { sh } from './sh.ts';

/**
 * Prunes, puts the journal away and gives the lock back. What fails before that is told of and stops nothing.
 * Where the journal stands under its last name already, an earlier run of this very script has come so far.
 */
export function finishScript(path: string, fence: Fence, request: FinishRequest): Script {
  const own = [path, fence.generation, fence.record, request.journal, request.closing ?? ''];
  const close = closeScript(path, fence, request.journal);
  const release = releaseLockScript(path, fence.generation);
  const prune = request.prune === null ? NOTHING : pruneScript(path, fence, request.prune);
  const { text, calls, args } = asFunctions({ prune, close, release }, own.length + 1);
  return {
    name: 'finish',
    body: [
      text,
      APART,
      BEGIN,
      `  apart ${calls.prune}`,
      PRUNED,
      `  apart ${calls.close}`,
      CLOSED,
      calls.release,
    ].join('\n'),
    args: [...own, ...args],
  };
}

const NOTHING: Script = { name: 'prune', body: ':', args: [] };

/**
 * `apart FUNCTION …`: in a process of its own, whose failure sets `status` and is told with its last words. What
 * stands in an `if`, or before `||`, would not stop at its first failure.
 */
const APART = sh`
apart() {
  set +e
  said=$(
    fail() { printf '%s %s\n' "$1" "$2" >&2; exit ${String(FAILED_BY_ITSELF)}; }
    set -e
    "$@" 2>&1 >&3 3>&-
  )
  status=$?
  set -e
  if [ "$status" != 0 ]; then
    field "$1-status" "$status"
    field "$1-said" "$(printf '%s\n' "$said" | tail -n 4)"
  fi
}`;

const BEGIN = sh`
enter "$1"
if [ ! -f ".cutover/journals/$4" ] || [ -f .cutover/journals/open ]; then
  fence "$2" "$3"
  exec 3>&1`;

/** The line that says so is due only when it is true. What is closed is not written to any more. */
const PRUNED = sh`
  if [ "$status" = 0 ]; then journal "$journal_after"; fi
  journal "$5"`;

/** Whatever the lock's release leaves running must not hold the channel. */
const CLOSED = sh`
  exec 3>&-
fi
journal_after=`;

export function readFinished(server: string, fields: Fields): Finished {
  return {
    ...readReleased(fields),
    inUse: readReleasesInUse(fields),
    pruneFailure: failureOf(server, 'prune', fields),
    closeFailure: failureOf(server, 'close', fields),
  };
}

const NAMES = { prune: 'prune', close: 'close the journal' } as const;

function failureOf(server: string, part: keyof typeof NAMES, fields: Fields): CutoverError | null {
  const status = fields.one(`${part}-status`);
  if (status === null) return null;
  const lines = (fields.one(`${part}-said`) ?? '').trim().split('\n');
  if (status === String(FAILED_BY_ITSELF)) return saidFailure(server, lines.at(-1)!);
  const said = lines.join(' | ').slice(-600);
  return new CutoverError(
    /no space left|disk quota/i.test(said) ? 'E_DISK_FULL' : 'E_REMOTE',
    `${server}: "${NAMES[part]}" ended with exit status ${status}${said && `: ${said}`}.`,
    { server },
  );
}
