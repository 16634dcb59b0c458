import { currentPath } from '../release/paths.ts';
import { planned, runCommands } from './commands.ts';
import type { Step } from './context.ts';
import { mendAfterCommands } from './leaks.ts';

/** The user's commands in `current`, once the release is live. */
export const postLaunch: Step = async (context) => {
  const commands = await runCommands(context, {
    step: 'postLaunch',
    directory: currentPath(context.server.path),
    about: planned(context),
  });
  await mendAfterCommands(context, 'postLaunch');
  return { commands };
};
