import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';

export default class Unfreeze extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary = 'Let an environment be deployed to again that was frozen.';
  static override description = 'Takes the mark away from every server.';
  static override examples = ['<%= config.bin %> unfreeze production'];

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Unfreeze);
    const request = {
      environment: args.environment,
      name: 'frozen',
      servers: flags.server ?? [],
      set: null,
    } as const;
    await this.answer(flags, async (session) => {
      const { markAnswer } = await import('../ui/command/markAnswer.ts');
      return markAnswer(session, request, null);
    });
  }
}
