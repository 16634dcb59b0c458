import * as Args from '@oclif/core/args';
import { CutoverCommand } from '../../ui/command/baseCommand.ts';

export default class PluginsUninstall extends CutoverCommand {
  static override aliases = ['plugins:unlink', 'plugins:remove'];
  static override strict = false;
  static override args = {
    plugin: Args.string({ required: true, description: 'The name of its package.' }),
  };
  static override summary = 'Remove plugins.';
  static override examples = ['<%= config.bin %> plugins uninstall cutover-plugin-example'];
  static override baseFlags = {};

  async run(): Promise<void> {
    const { argv } = await this.parse(PluginsUninstall);
    const { runNpmPlugins } = await import('../../ui/command/npmPlugins.ts');
    const { oneAtATime } = await import('../../ui/command/installed/oneAtATime.ts');
    const { installedName } = await import('../../ui/command/installed/installedName.ts');
    const names = argv.map((name) => installedName(this.config, String(name)));
    await oneAtATime(this.config.dataDir, () => runNpmPlugins(this.config, 'uninstall', names));
    await this.print(false, {
      json: null,
      lines: names.map((name) => `✓ Uninstalled ${name}.`),
      exitCode: 0,
    });
  }
}
