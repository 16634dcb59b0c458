import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';

export default class Releases extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary = 'List the releases on every server, and what became of each.';
  static override examples = [
    '<%= config.bin %> releases production',
    '<%= config.bin %> releases production --json',
  ];

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Releases);
    await this.answer(flags, async ({ runtime, config, style }) => {
      const { releases } = await import('../core/operations/releases.ts');
      const { renderReleases } = await import('../ui/results/releases.ts');
      const result = await releases(runtime, config, args.environment, flags.server ?? []);
      return { json: result, lines: renderReleases(result, style, runtime.now()), exitCode: 0 };
    });
  }
}
