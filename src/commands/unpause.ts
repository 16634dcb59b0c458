import * as Args from '@oclif/core/args';
import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';
import { exitCodeOfMarks } from '../ui/command/exitCodes.ts';

export default class Unpause extends EnvironmentCommand {
  static override args = {
    ...environmentArgs,
    server: Args.string({ required: true, description: 'The server of the environment.' }),
  };
  static override summary = 'Let deployments reach a server again that was paused.';
  static override description =
    'Takes the mark away. The server goes on serving what it serves until the next deployment.';
  static override examples = ['<%= config.bin %> unpause production web2'];

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Unpause);
    await this.answer(flags, async ({ runtime, config, style }) => {
      const { mark } = await import('../core/operations/marks.ts');
      const { renderMarks } = await import('../ui/results/marks.ts');
      const result = await mark(runtime, config, {
        environment: args.environment,
        name: 'paused',
        servers: [args.server, ...(flags.server ?? [])],
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
