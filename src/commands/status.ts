import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';

export default class Status extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary = 'Show what is live where, who holds the lock, and what is not as it should be.';
  static override examples = [
    '<%= config.bin %> status production',
    '<%= config.bin %> status production --json',
  ];

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Status);
    await this.answer(flags, async ({ runtime, config, style }) => {
      const { status } = await import('../core/operations/status.ts');
      const { renderStatus } = await import('../ui/results/status.ts');
      const result = await status(runtime, config, args.environment, flags.server ?? []);
      return {
        json: result,
        lines: renderStatus(result, style, runtime.now()),
        exitCode: result.servers.every((server) => server.reachable) ? 0 : 10,
      };
    });
  }
}
