import * as Flags from '@oclif/core/flags';
import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';
import { lockWaitFlag } from '../ui/command/lockWaitFlag.ts';
import { overrideFlags } from '../ui/command/markFlags.ts';
import { maxUnreachableFlag, maxUnreachableOf } from '../ui/command/maxUnreachableFlag.ts';

export default class Rollback extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary = 'Go back to the last release before the current one that succeeded.';
  static override description =
    'A transaction like a deployment: the same switch, the same barrier, the same compensation. The release that is left is called bad and is not chosen again unless it is named; the one gone back to is pinned, so that no deployment undoes that without --unpin.';
  static override examples = [
    '<%= config.bin %> rollback production',
    '<%= config.bin %> rollback production --to 20261121193811',
  ];
  static override flags = {
    to: Flags.string({ helpValue: 'ID', description: 'This release, whatever became of it.' }),
    'max-unreachable': maxUnreachableFlag,
    ...overrideFlags,
    'lock-wait': lockWaitFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Rollback);
    await this.answer(flags, async (session) => {
      const { runtime, config } = session;
      const { rollback } = await import('../core/operations/rollback.ts');
      const { transactionAnswer } = await import('../ui/command/transactionAnswer.ts');
      const result = await rollback(runtime, config, {
        environment: args.environment,
        to: flags.to ?? null,
        servers: flags.server ?? [],
        override: flags.override ? (flags.reason ?? null) : null,
        lockWaitMs: flags['lock-wait'] ?? 0,
        ...maxUnreachableOf(flags),
      });
      return transactionAnswer(session, result);
    });
  }
}
