import * as Flags from '@oclif/core/flags';
import { quote } from '../core/contract/index.ts';
import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';

export default class Lock extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary = 'Keep everybody from deploying to an environment until it is unlocked.';
  static override description =
    'Takes the lock of every server, or of none, and keeps it. A deployment or rollback then stops at once with exit status 11, and shows who locked and the message.';
  static override examples = [
    '<%= config.bin %> lock production --message "The database is being moved"',
    '<%= config.bin %> unlock production',
  ];
  static override flags = {
    message: Flags.string({
      required: true,
      helpValue: 'TEXT',
      description: 'Why. Shown to everybody who is stopped by it.',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Lock);
    await this.answer(flags, async ({ runtime, config, style }) => {
      const { lock } = await import('../core/operations/lock.ts');
      const { renderUnlock } = await import('../ui/results/unlock.ts');
      const result = await lock(runtime, config, {
        environment: args.environment,
        servers: flags.server ?? [],
        message: flags.message,
      });
      const held = { ...result, servers: result.servers.map((each) => ({ ...each, released: false })) };
      const howTo = `cutover unlock ${quote(args.environment)}`;
      return { json: result, lines: renderUnlock(held, style, runtime.now(), howTo), exitCode: 0 };
    });
  }
}
