import * as Args from '@oclif/core/args';
import { CutoverCommand } from '../../ui/command/baseCommand.ts';

export default class PluginsLink extends CutoverCommand {
  static override args = {
    directory: Args.string({ default: '.', description: 'Where the plugin is. Default: here.' }),
  };
  static override summary = 'Use a plugin from its directory, as it is there at every start.';
  static override examples = ['<%= config.bin %> plugins link ./cutover-plugin-example'];
  static override baseFlags = {};

  async run(): Promise<void> {
    const { args } = await this.parse(PluginsLink);
    const { linkPackage } = await import('../../ui/command/installed/linkPackage.ts');
    const { oneAtATime } = await import('../../ui/command/installed/oneAtATime.ts');
    const { isOwn } = await import('../../ui/command/installed/registrations.ts');
    const { dataDir } = this.config;
    const name = await oneAtATime(dataDir, () =>
      linkPackage(args.directory, dataDir, (each) => isOwn(this.config, each)),
    );
    const { refusedCommands } = await import('../../ui/command/installed/refusedCommands.ts');
    const { renderRefused } = await import('../../ui/results/plugins.ts');
    const { createStyle } = await import('../../ui/style.ts');
    const { openTerminal } = await import('../../ui/terminal.ts');
    const style = createStyle(openTerminal(process.stdout, process.env).color);
    const refused = renderRefused(await refusedCommands(this.config, name), style);
    await this.print(false, {
      json: null,
      lines: [`✓ Linked ${name}.`, ...refused, '  Next: cutover plugins'],
      exitCode: 0,
    });
  }
}
