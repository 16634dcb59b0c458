import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { environmentArgs, SessionCommand } from '../ui/command/environmentCommand.ts';
import { lockWaitFlag } from '../ui/command/lockWaitFlag.ts';
import { overrideFlags } from '../ui/command/markFlags.ts';

export default class Clone extends SessionCommand {
  static override args = {
    ...environmentArgs,
    from: Args.string({ required: true, description: 'The server to be like.' }),
    to: Args.string({ required: true, description: 'The name of the new one.' }),
  };
  static override summary = 'Add a server that is like another one, and bring it to what is live there.';
  static override description =
    'Writes an entry into the configuration that extends the other server, then brings the same release to the new one, as "catch-up" does. Nothing is written before both could be reached.';
  static override examples = [
    '<%= config.bin %> clone production web1 web9 --set host=web9.example.com',
    '<%= config.bin %> clone production web1 web9 --set host=web9.example.com --dry-run',
  ];
  static override flags = {
    set: Flags.string({
      helpValue: 'KEY=VALUE',
      multiple: true,
      multipleNonGreedy: true,
      description: 'What is different on the new one; may be given several times.',
    }),
    shared: Flags.boolean({
      default: false,
      description: 'Copy the files in shared/ first. What is there already stays.',
    }),
    'dry-run': Flags.boolean({ default: false, description: 'Show what would be written and brought.' }),
    ...overrideFlags,
    'lock-wait': lockWaitFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Clone);
    await this.answer(flags, async (session) => {
      const { runtime, config, style } = session;
      const { clone } = await import('../core/operations/clone.ts');
      const { parseAssignments } = await import('../ui/command/assignments.ts');
      const { transactionAnswer } = await import('../ui/command/transactionAnswer.ts');
      const { renderClone } = await import('../ui/results/clone.ts');
      const result = await clone(runtime, config, {
        ...args,
        set: await parseAssignments(flags.set ?? []),
        shared: flags.shared,
        dryRun: flags['dry-run'],
        override: flags.override ? (flags.reason ?? null) : null,
        lockWaitMs: flags['lock-wait'] ?? 0,
      });
      const lines = renderClone(result, style);
      if (result.transaction === null) return { json: result, lines, exitCode: 0 };
      const brought = transactionAnswer(session, result.transaction);
      return {
        ...brought,
        json: { ...result, transaction: brought.json },
        lines: [...lines, ...brought.lines],
      };
    });
  }
}
