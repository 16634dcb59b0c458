import { quote } from '../core/contract/index.ts';
import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';
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
    const undo = `cutover unfreeze ${quote(args.environment)}`;
    const request = {
      environment: args.environment,
      name: 'frozen',
      servers: flags.server ?? [],
      set: { reason: flags.reason, until: flags.until ?? null },
    } as const;
    await this.answer(flags, async (session) => {
      const { markAnswer } = await import('../ui/command/markAnswer.ts');
      return markAnswer(session, request, undo);
    });
  }
}
