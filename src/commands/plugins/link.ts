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
    await this.print(false, {
      json: null,
      lines: [`✓ Linked ${name}.`, '  Next: cutover plugins'],
      exitCode: 0,
    });
  }
}
