import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';
import { exitCodeOfCheck } from '../ui/command/exitCodes.ts';

export default class Check extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary = 'Look at everything that could stop a deployment, without starting one.';
  static override examples = [
    '<%= config.bin %> check production',
    '<%= config.bin %> check production --json',
  ];

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Check);
    await this.answer(flags, async ({ runtime, config, style }) => {
      const { check } = await import('../core/operations/check.ts');
      const { renderCheck } = await import('../ui/results/check.ts');
      const result = await check(runtime, config, args.environment, flags.server ?? []);
      return { json: result, lines: renderCheck(result, style), exitCode: exitCodeOfCheck(result) };
    });
  }
}
