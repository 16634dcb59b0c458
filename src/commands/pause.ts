import * as Args from '@oclif/core/args';
import { quote } from '../core/contract/index.ts';
import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';
import { exitCodeOfMarks } from '../ui/command/exitCodes.ts';
import { markFlags } from '../ui/command/markFlags.ts';

export default class Pause extends EnvironmentCommand {
  static override args = {
    ...environmentArgs,
    server: Args.string({ required: true, description: 'The server of the environment.' }),
  };
  static override summary = 'Have every deployment leave a server out until it is unpaused.';
  static override description =
    'Writes a mark onto the server, so that whoever deploys obeys it. Deployments and rollbacks go on without it, and say so; it serves what it serves. One that is running already is not affected.';
  static override examples = [
    '<%= config.bin %> pause production web2 --reason "New disk" --until 8h',
    '<%= config.bin %> unpause production web2',
  ];
  static override flags = markFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Pause);
    await this.answer(flags, async ({ runtime, config, style }) => {
      const { mark } = await import('../core/operations/marks.ts');
      const { renderMarks } = await import('../ui/results/marks.ts');
      const result = await mark(runtime, config, {
        environment: args.environment,
        name: 'paused',
        servers: [args.server, ...(flags.server ?? [])],
        set: { reason: flags.reason, until: flags.until ?? null },
      });
      const undo = `cutover unpause ${quote(args.environment)} ${quote(args.server)}`;
      return {
        json: result,
        lines: renderMarks(result, style, runtime.now(), undo),
        exitCode: exitCodeOfMarks(result),
      };
    });
  }
}
