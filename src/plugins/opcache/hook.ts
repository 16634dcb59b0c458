import { defineExtension, type Hook, type HookContext } from '../../core/contract/index.ts';
import { askServer } from '../server/askServer.ts';
import { Options } from './options.ts';
import { RESET } from './script.ts';

/** Empties the OPcache of PHP-FPM by a request of its own, which needs neither root nor a reload. */
export const hook = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Hook => ({
    run: (context) => reset(options, context),
    interrupted: 'again',
    deadlineMs: options.timeout + SLACK_MS,
  }),
});

const SLACK_MS = 60_000;

async function reset({ listen, php, directory, timeout }: Options, context: HookContext): Promise<void> {
  const seconds = String(Math.ceil(timeout / 1000));
  await askServer(
    {
      title: `opcache_reset() in PHP-FPM at ${listen}`,
      argv: [...php, '-r', RESET, '--', listen, directory ?? context.paths.release, seconds],
      timeoutMs: timeout + SLACK_MS / 2,
    },
    context,
  );
}
