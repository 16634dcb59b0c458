import { defineExtension, type Hook, type HookContext, quoteAll } from '../../core/contract/index.ts';
import { askServer, commandOf } from '../server/askServer.ts';
import { Options } from './options.ts';
import { LOOK } from './script.ts';

/** Lets pm2 reload what an ecosystem file names, and looks whether it is online and runs from the new release. */
export const hook = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Hook => ({
    run: (context) => reload(options, context),
    interrupted: 'again',
    deadlineMs: RELOAD_MS + options.timeout + options.stable + SLACK_MS,
  }),
});

/** pm2 reloads processes of a cluster one by one. */
const RELOAD_MS = 300_000;
const SLACK_MS = 30_000;

async function reload(options: Options, context: HookContext): Promise<void> {
  const { file, apps, pm2, node, variables, stable, timeout } = options;
  const { deploy, current } = context.paths;
  // From the deploy path: pm2's daemon, should this begin it, would otherwise stand in a release that is removed one day.
  const argv = [...pm2, 'startOrReload', `current/${file}`, '--update-env'];
  await commandOf(context)({ argv, directory: 'deploy', variables, timeoutMs: RELOAD_MS });
  const question = { pm2, apps: apps ?? null, deploy, current, stable, timeout };
  await askServer(
    {
      title: quoteAll([...pm2, 'jlist']),
      argv: [...node, '-e', LOOK, '--', JSON.stringify(question)],
      directory: 'deploy',
      variables,
      timeoutMs: timeout + stable + SLACK_MS,
    },
    context,
  );
}
