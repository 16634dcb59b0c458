import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { CutoverCommand } from '../../ui/command/baseCommand.ts';

export default class PluginsInstall extends CutoverCommand {
  static override aliases = ['plugins:add'];
  static override strict = false;
  static override args = {
    plugin: Args.string({
      required: true,
      description: 'The name of a package, NAME@VERSION, the tarball of one, or an address of git.',
    }),
  };
  static override summary = 'Install plugins. They run with your rights: install what you trust.';
  static override examples = [
    '<%= config.bin %> plugins install cutover-plugin-example',
    '<%= config.bin %> plugins install cutover-plugin-example@1.2.0',
    '<%= config.bin %> plugins install ./cutover-plugin-example-1.2.0.tgz',
  ];
  static override baseFlags = {};
  static override flags = {
    force: Flags.boolean({ char: 'f', description: 'Fetch again what is there already.' }),
    silent: Flags.boolean({
      char: 's',
      exclusive: ['verbose'],
      description: 'Show nothing of what npm says.',
    }),
    verbose: Flags.boolean({ char: 'v', description: 'Show more of what npm says.' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(PluginsInstall);
    const { installTarget } = await import('../../ui/command/installTarget.ts');
    const { runNpmPlugins } = await import('../../ui/command/npmPlugins.ts');
    const { requireForeign } = await import('../../ui/command/installed/installedName.ts');
    for (const each of argv) requireForeign(this.config, String(each));
    const { unlessItFails } = await import('../../ui/command/installed/unlessItFails.ts');
    const { oneAtATime } = await import('../../ui/command/installed/oneAtATime.ts');
    const { cameBy, installedPackages } = await import('../../ui/command/installed/packages.ts');
    const targets = argv.map((each) => installTarget(String(each), process.cwd()));
    const options = Object.entries(flags).flatMap(([name, isSet]) => (isSet ? [`--${name}`] : []));
    if (!flags.silent) process.stderr.write(`Installing ${argv.join(', ')} …\n`);
    const { dataDir } = this.config;
    const came = await oneAtATime(dataDir, async () => {
      await unlessItFails(dataDir, () => runNpmPlugins(this.config, 'install', [...targets, ...options]));
      return cameBy(targets, await installedPackages(dataDir));
    });
    await this.print(false, {
      json: null,
      lines: [
        ...came.map(({ name, version }) => `✓ Installed ${name} ${version}.`),
        '  Next: cutover plugins',
      ],
      exitCode: 0,
    });
  }
}
