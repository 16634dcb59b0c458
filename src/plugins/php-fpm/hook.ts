import { defineExtension, type Hook, type HookContext, quoteAll } from '../../core/contract/index.ts';
import { askServer, shellScript } from '../server/askServer.ts';
import { Options } from './options.ts';
import { RELOAD } from './script.ts';

/** Reloads PHP-FPM, and looks whether its workers are other ones. */
export const hook = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Hook => ({
    run: (context) => reload(options, context),
    interrupted: 'again',
    deadlineMs: options.timeout + SLACK_MS,
  }),
});

const SLACK_MS = 60_000;

async function reload({ pidFile, command, timeout }: Options, context: HookContext): Promise<void> {
  const seconds = String(Math.ceil(timeout / 1000));
  await askServer(
    {
      title: command === undefined ? 'kill -USR2 PHP-FPM' : quoteAll(command),
      argv: shellScript(RELOAD, pidFile ?? '', seconds, ...(command ?? [])),
      timeoutMs: timeout + SLACK_MS / 2,
    },
    context,
  );
}
