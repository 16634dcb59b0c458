import * as Flags from '@oclif/core/flags';
import { CutoverError } from '../core/contract/index.ts';
import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';
import { lockWaitFlag } from '../ui/command/lockWaitFlag.ts';
import { overrideFlags } from '../ui/command/markFlags.ts';
import { maxUnreachableFlag, maxUnreachableOf } from '../ui/command/maxUnreachableFlag.ts';

export default class Deploy extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary =
    'Bring a new release to every server of an environment, or leave all as they are.';
  static override description =
    'Takes the lock of every server, plans, and runs the plan as one transaction: the deploy-cache is brought up to date, a release is linked from it, the post-upload commands run, and only when every server holds the whole release is "current" switched, in one rename. If anything fails, every server goes on serving the old release.';
  static override examples = [
    '<%= config.bin %> deploy production',
    '<%= config.bin %> deploy production --ref v2.1',
    '<%= config.bin %> deploy production --plan plan.json',
  ];
  static override flags = {
    ref: Flags.string({
      helpValue: 'REF',
      description: 'A branch, tag or commit instead of the branch of the environment.',
    }),
    full: Flags.boolean({
      default: false,
      description: 'Send every file again and make a release even when nothing changed.',
    }),
    unpin: Flags.boolean({
      default: false,
      description: 'Deploy although somebody rolled back: without it, a rollback is not undone.',
    }),
    ...overrideFlags,
    plan: Flags.string({
      helpValue: 'FILE',
      description: 'Run exactly this plan, or refuse when the world has moved.',
    }),
    'max-unreachable': maxUnreachableFlag,
    'lock-wait': lockWaitFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Deploy);
    await this.answer(flags, async (session) => {
      const { runtime, config } = session;
      const { deploy } = await import('../core/operations/deploy.ts');
      const { readPlan } = await import('../ui/command/planFile.ts');
      const { transactionAnswer } = await import('../ui/command/transactionAnswer.ts');
      const { ref, full, server, unpin, override } = flags;
      const says =
        [ref, server, flags['max-unreachable']].some((each) => each !== undefined) ||
        full ||
        unpin ||
        override;
      if (flags.plan !== undefined && says) {
        throw new CutoverError(
          'E_USAGE',
          'A saved plan says it all: --ref, --full, --unpin, --max-unreachable, --override and --server do not go with --plan.',
        );
      }
      const result = await deploy(runtime, config, {
        environment: args.environment,
        ref: ref ?? null,
        servers: server ?? [],
        full,
        unpin,
        override: override ? (flags.reason ?? null) : null,
        saved: flags.plan === undefined ? null : await readPlan(flags.plan),
        lockWaitMs: flags['lock-wait'] ?? 0,
        ...maxUnreachableOf(flags),
      });
      return transactionAnswer(session, result);
    });
  }
}
