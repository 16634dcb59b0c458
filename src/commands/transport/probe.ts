import { EnvironmentCommand, environmentArgs } from '../../ui/command/environmentCommand.ts';
import { exitCodeOfProbe } from '../../ui/command/exitCodes.ts';

export default class TransportProbe extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary = 'Show what the way to each server can do, and how fast it is.';
  static override description =
    'Logs in, and finds out what the server runs, which extensions its SFTP has, how long a round trip takes, how much passes in each direction, and how many channels are open at a time. At most 8 MiB, or what two seconds take, are sent each way. Commands only read and print; where there are none, one file is written in .cutover, in the login directory or in the deploy path, and removed again.';
  static override examples = [
    '<%= config.bin %> transport probe production',
    '<%= config.bin %> transport probe production --server web1 --json',
  ];

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TransportProbe);
    await this.answer(flags, async ({ runtime, config, style }) => {
      const { probe } = await import('../../core/operations/probe/probe.ts');
      const { renderProbe } = await import('../../ui/results/probe.ts');
      const result = await probe(runtime, config, args.environment, flags.server ?? []);
      return { json: result, lines: renderProbe(result, style), exitCode: exitCodeOfProbe(result) };
    });
  }
}
