import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { NOTICE_EVENTS } from '../../core/contract/index.ts';
import { environmentArgs, SessionCommand } from '../../ui/command/environmentCommand.ts';
import { exitCodeOfNotifyTest } from '../../ui/command/exitCodes.ts';

export default class NotifyTest extends SessionCommand {
  static override args = {
    ...environmentArgs,
    name: Args.string({ description: 'Only the notifiers of this name.' }),
  };
  static override summary = 'Send the notifiers of an environment a test.';
  static override description =
    'Each gets a notice of what it listens to, marked as a test. No server is contacted. Exit status 3 when one does not take it.';
  static override examples = [
    '<%= config.bin %> notify test production',
    '<%= config.bin %> notify test production webhook --event failed',
  ];
  static override flags = {
    event: Flags.option({
      options: NOTICE_EVENTS,
      helpValue: 'EVENT',
      description: 'A notice of this event only, whatever they listen to.',
    })(),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(NotifyTest);
    const request = { environment: args.environment, name: args.name ?? null, event: flags.event ?? null };
    await this.answer(flags, async ({ runtime, config, style }) => {
      const { notifyTest } = await import('../../core/operations/notifyTest.ts');
      const { renderNotifyTest } = await import('../../ui/results/notifyTest.ts');
      const result = await notifyTest(runtime, config, request);
      return {
        json: result,
        lines: renderNotifyTest(result, style),
        exitCode: exitCodeOfNotifyTest(result),
      };
    });
  }
}
