import { quote } from '../core/contract/index.ts';
import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';

export default class Unlock extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary = 'Show who holds the lock of an environment, and give it up on request.';
  static override description =
    'Gives up exactly the lock that was shown. Make sure first that the run which holds it is dead: the lock is all that keeps two deployments apart.';
  static override examples = [
    '<%= config.bin %> unlock production',
    '<%= config.bin %> unlock production --yes',
  ];

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Unlock);
    await this.answer(flags, async ({ runtime, config, style, pauseStory }) => {
      const { unlock } = await import('../core/operations/unlock.ts');
      const { renderUnlock } = await import('../ui/results/unlock.ts');
      const { confirm } = await import('../ui/command/confirm.ts');
      const howTo = `cutover unlock ${quote(args.environment)} --yes`;
      const result = await unlock(runtime, config, {
        environment: args.environment,
        servers: flags.server ?? [],
        confirm: async (found) => {
          if (flags.yes) return true;
          pauseStory();
          if (flags.json) return false;
          return confirm(
            [...renderUnlock(found, style, runtime.now(), null), ''].join('\n'),
            'Give up these locks?',
            runtime.cancel,
          );
        },
      });
      return { json: result, lines: renderUnlock(result, style, runtime.now(), howTo), exitCode: 0 };
    });
  }
}
