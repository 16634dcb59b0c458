import { defineExtension, type Hook } from '../../core/contract/index.ts';
import { reloadDaemon, reloadDeadlineMs } from '../server/reload.ts';
import { PHP_FPM } from './daemon.ts';
import { Options } from './options.ts';

/** Reloads PHP-FPM, and looks whether its workers are other ones. */
export const hook = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Hook => ({
    run: (context) => reloadDaemon(PHP_FPM, options, context),
    interrupted: 'again',
    deadlineMs: reloadDeadlineMs(options),
  }),
});
