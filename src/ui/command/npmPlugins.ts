import type { Config } from '@oclif/core';
import { CutoverError, messageOf } from '../../core/contract/index.ts';

/**
 * Runs one of oclif's own plugin commands, which use npm and print what they do. Rejects with `E_PLUGIN`: what failed, and
 * what npm said of it, came on the terminal before that.
 */
export async function runNpmPlugins(
  config: Config,
  command: 'install' | 'uninstall',
  args: readonly string[],
  hint: string,
): Promise<void> {
  const plugins = config.plugins.get('@oclif/plugin-plugins');
  const found = await plugins?.findCommand(`plugins:${command}`, { must: true });
  if (found === undefined) throw new CutoverError('E_BUG', 'The plugin commands are not there.');
  try {
    await found.run([...args], config);
  } catch (error) {
    throw new CutoverError('E_PLUGIN', `plugins ${command} ${args.join(' ')}: ${messageOf(error)}`, {
      hint,
      cause: error,
    });
  }
}
