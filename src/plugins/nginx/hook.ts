import { defineExtension, type Hook, type HookContext, quoteAll } from '../../core/contract/index.ts';
import { commandOf, shellScript } from '../server/askServer.ts';
import { reloadDaemon, reloadDeadlineMs } from '../server/reload.ts';
import { NGINX, TEST } from './daemon.ts';
import { Options } from './options.ts';

/** Reloads nginx once its configuration is known to be right, and looks whether new workers have begun. */
export const hook = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Hook => ({
    run: (context) => reload(options, context),
    interrupted: 'again',
    deadlineMs: reloadDeadlineMs(options),
  }),
});

async function reload(options: Options, context: HookContext): Promise<void> {
  const { test } = options;
  if (test !== false) await commandOf(context)({ argv: shellScript(TEST, ...test), title: quoteAll(test) });
  await reloadDaemon(NGINX, options, context);
}
