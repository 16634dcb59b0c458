import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { CutoverCommand } from '../../ui/command/baseCommand.ts';

export default class PluginNew extends CutoverCommand {
  static override args = {
    name: Args.string({
      required: true,
      description:
        'What configurations call it; "cutover-plugin-" comes before it. Or the name of the package.',
    }),
  };
  static override summary = 'Write a plugin that works at once: a package with a test and an example.';
  static override examples = [
    '<%= config.bin %> plugin new pigeon --kind notifier',
    '<%= config.bin %> plugin new @me/cutover-plugin-house --kind transport --kind hook --dir ./house',
  ];
  static override baseFlags = {};
  static override flags = {
    kind: Flags.string({
      required: true,
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'KIND',
      description: 'What it brings: transport, notifier, hook or source. May be repeated.',
    }),
    dir: Flags.string({
      helpValue: 'DIR',
      description: 'Where to write it. Default: a directory here, called like the package.',
    }),
    json: Flags.boolean({ default: false, description: 'Print the result as JSON.' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PluginNew);
    const [{ newPlugin, writtenLines }, { loadExtensions }] = await Promise.all([
      import('../../ui/pluginStarter/newPlugin.ts'),
      import('../../ui/command/plugins.ts'),
    ]);
    const { root, version } = this.config;
    // Nothing of an installed plugin needs to run for this.
    const silent = { tellStray: () => {}, tellLine: () => {} };
    const builtIn = await loadExtensions({ oclif: this.config, list: [], ...silent });
    const request = { name: args.name, kinds: flags.kind, directory: flags.dir ?? null };
    const written = await newPlugin({ root, version, builtIn }, request);
    await this.print(flags.json, { json: written, lines: writtenLines(written), exitCode: 0 });
  }
}
