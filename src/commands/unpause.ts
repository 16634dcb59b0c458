import { EnvironmentCommand } from '../ui/command/environmentCommand.ts';
import { pauseArgs, pausedServers } from '../ui/command/pausedServers.ts';

export default class Unpause extends EnvironmentCommand {
  static override args = pauseArgs;
  static override summary = 'Let deployments reach a server again that was paused.';
  static override description =
    'Takes the mark away. The server goes on serving what it serves until the next deployment.';
  static override examples = ['<%= config.bin %> unpause production web2'];

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Unpause);
    const names = pausedServers(args, flags);
    const request = {
      environment: args.environment,
      name: 'paused',
      servers: names,
      set: null,
    } as const;
    await this.answer(flags, async (session) => {
      const { markAnswer } = await import('../ui/command/markAnswer.ts');
      return markAnswer(session, request, null);
    });
  }
}
