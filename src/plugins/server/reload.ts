import { type HookContext, quoteAll } from '../../core/contract/index.ts';
import { askServer, shellScript } from './askServer.ts';
import { PROCESSES } from './processes.ts';

/** A program with a master that reloads at a signal. */
export interface Daemon {
  /** For messages. */
  readonly name: string;
  /** How the title of its master begins. */
  readonly title: string;
  readonly signal: 'HUP' | 'USR2';
  /**
   * The shell function `is_new`: looks whether all is new compared to `old`, the master, `old_workers` and `old_stack` (`look_at`); sets
   * `why` and fails as long as it is not. May set `more`, for the end of what is told then.
   */
  readonly isNew: string;
}

export interface Reload {
  readonly pidFile?: string | undefined;
  readonly command?: readonly [string, ...string[]] | undefined;
  /** Milliseconds, until all is new. */
  readonly timeout: number;
}

/** By the command or else by the signal, and waits until all is new. Rejects as `askServer` does. */
export async function reloadDaemon(daemon: Daemon, options: Reload, context: HookContext): Promise<void> {
  const { pidFile = '', command, timeout } = options;
  const seconds = String(Math.ceil(timeout / 1000));
  await askServer(
    {
      title: command === undefined ? `kill -${daemon.signal} ${daemon.name}` : quoteAll(command),
      argv: shellScript(scriptFor(daemon), pidFile, seconds, ...(command ?? [])),
      timeoutMs: timeout + SLACK_MS / 2,
    },
    context,
  );
}

/** Of a hook that reloads with this time limit: its own end says more. */
export function reloadDeadlineMs({ timeout }: Reload): number {
  return timeout + SLACK_MS;
}

const SLACK_MS = 60_000;

/** Arguments: pid file or nothing, seconds, the command or nothing. */
function scriptFor({ name, title, signal, isNew }: Daemon): string {
  return `${PROCESSES}
title='${title}' file=$1 seconds=$2 mine= more=
shift 2
[ $# -gt 0 ] || mine=yes
master_of "$title" "$file" || fail "$why"
look_at "$master"
old=$master old_workers=$workers old_stack=$stack

if [ $# -gt 0 ]; then
  "$@" || fail "\\\`$*\\\` ended with status $?."
else
  kill -${signal} "$old" 2>/dev/null || fail "${name} (process $old) belongs to another user, who alone may reload it."
fi
${isNew}
until_second=$(($(date +%s) + seconds))
until master_of "$title" "$file" && look_at "$master" && is_new; do
  [ "$(date +%s)" -lt "$until_second" ] || fail "${name} was not reloaded within $seconds s: $why"
  wait_a_bit
done
echo "ok: ${name} (process $master) is reloaded$more"
`;
}
