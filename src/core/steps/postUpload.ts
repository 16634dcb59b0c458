import { releasePath } from '../release/paths.ts';
import { planned, runCommands } from './commands.ts';
import type { Step } from './context.ts';
import { mendAfterCommands } from './leaks.ts';

/** The user's commands in the new release, before anybody sees it. */
export const postUpload: Step = async (context) => {
  if (context.plan.kind === 'rollback') return null;
  const commands = await runCommands(context, {
    step: 'postUpload',
    directory: releasePath(context.server.path, context.plan.release),
    about: planned(context),
  });
  await mendAfterCommands(context, 'postUpload');
  return { commands };
};
