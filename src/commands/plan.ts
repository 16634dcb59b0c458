import * as Flags from '@oclif/core/flags';
import { EnvironmentCommand, environmentArgs } from '../ui/command/environmentCommand.ts';
import { overrideFlags } from '../ui/command/markFlags.ts';
import { maxUnreachableFlag, maxUnreachableOf } from '../ui/command/maxUnreachableFlag.ts';

export default class Plan extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary = 'Show what a deployment would do. Writes nothing, neither here nor on a server.';
  static override examples = [
    '<%= config.bin %> plan production',
    '<%= config.bin %> plan production --out plan.json',
  ];
  static override flags = {
    ref: Flags.string({
      helpValue: 'REF',
      description: 'A branch, tag or commit instead of the branch of the environment.',
    }),
    full: Flags.boolean({ default: false, description: 'As if every file had to be sent again.' }),
    unpin: Flags.boolean({
      default: false,
      description: 'For a deployment that may undo a rollback.',
    }),
    'max-unreachable': maxUnreachableFlag,
    ...overrideFlags,
    out: Flags.string({
      helpValue: 'FILE',
      description: 'Write the plan to this file, for "deploy --plan".',
    }),
    verbose: Flags.boolean({ default: false, description: 'List every file.' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Plan);
    await this.answer(flags, async ({ runtime, config, style }) => {
      const { planFor } = await import('../core/operations/deploy.ts');
      const { renderPlan } = await import('../ui/results/plan.ts');
      const plan = await planFor(runtime, config, {
        environment: args.environment,
        ref: flags.ref ?? null,
        servers: flags.server ?? [],
        full: flags.full,
        unpin: flags.unpin,
        override: flags.override ? (flags.reason ?? null) : null,
        saved: null,
        ...maxUnreachableOf(flags),
      });
      if (flags.out !== undefined) {
        const { writePlan } = await import('../ui/command/planFile.ts');
        await writePlan(flags.out, plan);
      }
      return {
        json: plan,
        lines: renderPlan(plan, style, { verbose: flags.verbose, file: flags.out ?? null }),
        exitCode: 0,
      };
    });
  }
}
