import { quote } from '../core/contract/index.ts';
import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';
import { exitCodeOfMarks } from '../ui/command/exitCodes.ts';
import { markFlags } from '../ui/command/markFlags.ts';

export default class Freeze extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary = 'Have an environment refuse deployments until it is unfrozen.';
  static override description =
    'Writes a mark onto every server, so that whoever deploys obeys it: deployments and rollbacks end with exit status 4, and say who froze it and why. With --override they go on. What is running, or was begun, is not affected: "resume" works.';
  static override examples = [
    '<%= config.bin %> freeze production --reason "Year-end closing" --until 2026-12-31T12:00Z',
    '<%= config.bin %> unfreeze production',
  ];
  static override flags = markFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Freeze);
    await this.answer(flags, async ({ runtime, config, style }) => {
      const { mark } = await import('../core/operations/marks.ts');
      const { renderMarks } = await import('../ui/results/marks.ts');
      const result = await mark(runtime, config, {
        environment: args.environment,
        name: 'frozen',
        servers: flags.server ?? [],
        set: { reason: flags.reason, until: flags.until ?? null },
      });
      const undo = `cutover unfreeze ${quote(args.environment)}`;
      return {
        json: result,
        lines: renderMarks(result, style, runtime.now(), undo),
        exitCode: exitCodeOfMarks(result),
      };
    });
  }
}
