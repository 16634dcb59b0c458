import { defineExtension, type Hook, type HookContext, quoteAll } from '../../core/contract/index.ts';
import { askServer, commandOf, shellScript } from '../server/askServer.ts';
import { Options } from './options.ts';
import { RELOAD, TEST } from './script.ts';

/** Reloads nginx once its configuration is known to be right, and looks whether new workers have begun. */
export const hook = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Hook => ({
    run: (context) => reload(options, context),
    interrupted: 'again',
    deadlineMs: options.timeout + SLACK_MS,
  }),
});

const SLACK_MS = 60_000;

async function reload({ test, pidFile, command, timeout }: Options, context: HookContext): Promise<void> {
  if (test !== false) await commandOf(context)({ argv: shellScript(TEST, ...test), title: quoteAll(test) });
  const seconds = String(Math.ceil(timeout / 1000));
  await askServer(
    {
      title: command === undefined ? 'kill -HUP nginx' : quoteAll(command),
      argv: shellScript(RELOAD, pidFile ?? '', seconds, ...(command ?? [])),
      timeoutMs: timeout + SLACK_MS / 2,
    },
    context,
  );
}
