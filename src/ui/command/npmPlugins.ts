import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Config } from '@oclif/core';
import type { action as Action } from '@oclif/core/ux';
import { CutoverError, messageOf } from '../../core/contract/index.ts';

/**
 * Runs one of oclif's own plugin commands, which use npm and print what that says. Rejects with `E_PLUGIN`: what failed,
 * and what npm said of it, came on the terminal before that.
 */
export async function runNpmPlugins(
  config: Config,
  command: 'install' | 'uninstall',
  args: readonly string[],
): Promise<void> {
  const plugins = config.plugins.get('@oclif/plugin-plugins');
  const found = await plugins?.findCommand(`plugins:${command}`, { must: true });
  if (found === undefined) throw new CutoverError('E_BUG', 'The plugin commands are not there.');
  const stuck = Promise.withResolvers<never>();
  const action = actionOf(plugins?.root ?? '');
  const { start, stop } = action;
  // What it shows while it works names no package; it also keeps what is written until an end to which it may not come.
  action.start = () => {};
  action.stop = () => {};
  const onIdle = () => stuck.reject(new Error('a command of the plugin is never done with being imported.'));
  process.once('beforeExit', onIdle);
  try {
    await Promise.race([found.run([...args], config), stuck.promise]);
  } catch (error) {
    throw asPluginError(`plugins ${command} ${args.join(' ')}`, error);
  } finally {
    process.off('beforeExit', onIdle);
    Object.assign(action, { start, stop });
  }
}

/** The one of the copy of oclif that this plugin gets: ours is another, as it is bundled. */
function actionOf(root: string): typeof Action {
  const found = createRequire(join(root, 'package.json'))('@oclif/core/ux') as {
    readonly action: typeof Action;
  };
  return found.action;
}

/** What one of oclif's commands threw, as `E_PLUGIN`. */
export function asPluginError(what: string, error: unknown): CutoverError {
  const { message, hint } = inWords(messageOf(error));
  return new CutoverError('E_PLUGIN', `${what}: ${message}`, { hint, cause: error });
}

/** oclif's words are for those who know oclif. */
function inWords(message: string): { readonly message: string; readonly hint: string } {
  const absent = /^(\S+) does not exist in the registry\.$/.exec(message)?.[1];
  if (absent !== undefined) {
    return {
      message: `npm gets no package called ${absent} from the registry. Nothing was changed.`,
      hint: `"npm view ${absent}" says why. A tarball is installed by its path: cutover plugins install ./FILE.tgz`,
    };
  }
  if (/npm-cli\.js .* exited with code/s.test(message)) {
    return {
      message: 'npm could not do it. Nothing was changed.',
      hint: 'What npm says stands above, unless --silent is there; --verbose shows more of it.',
    };
  }
  if (message === 'plugin is invalid') {
    return {
      message: 'it is no plugin: its package.json has no "oclif". Nothing was changed.',
      hint: 'cutover plugins',
    };
  }
  return { message, hint: 'cutover plugins' };
}
