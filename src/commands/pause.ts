import { quoteAll } from '../core/contract/index.ts';
import { EnvironmentCommand } from '../ui/command/environmentCommand.ts';
import { markFlags } from '../ui/command/markFlags.ts';
import { asTyped, pauseArgs, pausedServers } from '../ui/command/pausedServers.ts';

export default class Pause extends EnvironmentCommand {
  static override args = pauseArgs;
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
    const names = pausedServers(args, flags);
    const undo = `cutover unpause ${quoteAll([args.environment, ...asTyped(names)])}`;
    const request = {
      environment: args.environment,
      name: 'paused',
      servers: names,
      set: { reason: flags.reason, until: flags.until ?? null },
    } as const;
    await this.answer(flags, async (session) => {
      const { markAnswer } = await import('../ui/command/markAnswer.ts');
      return markAnswer(session, request, undo);
    });
  }
}
