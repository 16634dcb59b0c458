import * as Flags from '@oclif/core/flags';
import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';
import { lockWaitFlag } from '../ui/command/lockWaitFlag.ts';

export default class Resume extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary = 'Finish what a crash left open, or take it back.';
  static override description =
    'Reads what the servers wrote down of the transaction that was begun on them, decides what the interrupted run would have decided, and brings it to its end. It may be run from any machine that has the configuration, the source and access. Commands that still run are attached to, never started twice.';
  static override examples = [
    '<%= config.bin %> resume production',
    '<%= config.bin %> resume production --abort',
  ];
  static override flags = {
    abort: Flags.boolean({
      default: false,
      description: 'Take back what was begun, instead of finishing it.',
    }),
    'lock-wait': lockWaitFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Resume);
    await this.answer(flags, async (session) => {
      const { runtime, config } = session;
      const { resume } = await import('../core/operations/resume.ts');
      const { transactionAnswer } = await import('../ui/command/transactionAnswer.ts');
      const result = await resume(runtime, config, {
        environment: args.environment,
        servers: flags.server ?? [],
        abort: flags.abort,
        lockWaitMs: flags['lock-wait'] ?? 0,
      });
      if (result === null) {
        const json = { outcome: 'unchanged', environment: args.environment, servers: [], problems: [] };
        return { json, lines: [`✓ Nothing is open on ${args.environment}.`], exitCode: 0 };
      }
      return transactionAnswer(session, result, flags.abort);
    });
  }
}
