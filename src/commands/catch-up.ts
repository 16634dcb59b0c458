import * as Flags from '@oclif/core/flags';
import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';
import { lockWaitFlag } from '../ui/command/lockWaitFlag.ts';
import { overrideFlags } from '../ui/command/markFlags.ts';

export default class CatchUp extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary = 'Bring the release of the group to servers that are behind it.';
  static override description =
    'A deployment to these servers alone: the release that the others serve, under the same id and from the same source, with the same barrier and the same compensation. Commands that run once for a release do not run again.';
  static override examples = [
    '<%= config.bin %> catch-up production',
    '<%= config.bin %> catch-up production --server web3',
  ];
  static override flags = {
    unpin: Flags.boolean({
      default: false,
      description: 'Also where somebody rolled back: without it, a rollback is not undone.',
    }),
    ...overrideFlags,
    'lock-wait': lockWaitFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CatchUp);
    await this.answer(flags, async (session) => {
      const { runtime, config } = session;
      const { catchUp } = await import('../core/operations/catchUp.ts');
      const { transactionAnswer } = await import('../ui/command/transactionAnswer.ts');
      const result = await catchUp(runtime, config, {
        environment: args.environment,
        servers: flags.server ?? [],
        unpin: flags.unpin,
        override: flags.override ? (flags.reason ?? null) : null,
        lockWaitMs: flags['lock-wait'] ?? 0,
      });
      return transactionAnswer(session, result);
    });
  }
}
