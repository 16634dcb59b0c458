import { defineExtension, type Hook, type HookContext } from '../../core/contract/index.ts';
import { askServer, shellScript } from '../server/askServer.ts';
import { Options } from './options.ts';
import { RESTART } from './script.ts';

/** Restarts or reloads units, and watches whether they stay active; else the end of their journal is shown. */
export const hook = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Hook => ({
    run: (context) => restart(options, context),
    interrupted: 'again',
    deadlineMs: forAll(options) + SLACK_MS,
  }),
});

/** Stopping has its own time limit, by default 90 s (systemd-system.conf(5), DefaultTimeoutStopSec). */
const STOP_MS = 90_000;
const SLACK_MS = 60_000;

function forAll({ unit, stable, timeout }: Options): number {
  return unit.length * (STOP_MS + timeout + stable);
}

async function restart(options: Options, context: HookContext): Promise<void> {
  const seconds = (ms: number) => String(Math.ceil(ms / 1000));
  const { unit, sudo, stable, timeout, journalLines } = options;
  const words = [sudo ? 'sudo' : 'user', options.do, seconds(timeout), seconds(stable), String(journalLines)];
  await askServer(
    {
      title: `${sudo ? 'sudo -n systemctl' : 'systemctl --user'} ${options.do} ${unit.join(' ')}`,
      argv: shellScript(RESTART, ...words, ...unit),
      timeoutMs: forAll(options) + SLACK_MS / 2,
    },
    context,
  );
}
