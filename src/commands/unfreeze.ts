import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';
import { exitCodeOfMarks } from '../ui/command/exitCodes.ts';

export default class Unfreeze extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary = 'Let an environment be deployed to again that was frozen.';
  static override description = 'Takes the mark away from every server.';
  static override examples = ['<%= config.bin %> unfreeze production'];

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Unfreeze);
    await this.answer(flags, async ({ runtime, config, style }) => {
      const { mark } = await import('../core/operations/marks.ts');
      const { renderMarks } = await import('../ui/results/marks.ts');
      const result = await mark(runtime, config, {
        environment: args.environment,
        name: 'frozen',
        servers: flags.server ?? [],
        set: null,
      });
      return {
        json: result,
        lines: renderMarks(result, style, runtime.now(), null),
        exitCode: exitCodeOfMarks(result),
      };
    });
  }
}
