import * as Flags from '@oclif/core/flags';
import { CutoverCommand } from '../../ui/command/baseCommand.ts';

/** Takes the place of oclif's command of this name, which knows nothing of extensions: what is ours comes first. */
export default class Plugins extends CutoverCommand {
  static override summary = 'List the installed plugins, and what each brings.';
  static override examples = ['<%= config.bin %> plugins', '<%= config.bin %> plugins --core --json'];
  static override baseFlags = {};
  static override flags = {
    core: Flags.boolean({ default: false, description: 'What is built in instead.' }),
    json: Flags.boolean({ default: false, description: 'Print the list as JSON.' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Plugins);
    const [{ inventory }, { renderPlugins }, { createStyle }, { openTerminal }] = await Promise.all([
      import('../../ui/command/installed/inventory.ts'),
      import('../../ui/results/plugins.ts'),
      import('../../ui/style.ts'),
      import('../../ui/terminal.ts'),
    ]);
    const packages = await inventory(this.config, flags.core);
    const style = createStyle(openTerminal(process.stdout, process.env).color);
    await this.print(flags.json, {
      json: packages,
      lines: renderPlugins(packages, style),
      exitCode: 0,
    });
  }
}
