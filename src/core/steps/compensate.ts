import { messageOf } from '../contract/index.ts';
import { currentPath } from '../release/paths.ts';
import { runCommands } from './commands.ts';
import { patiently, type Step, type StepContext } from './context.ts';
import { mendAfterFailure } from './leaks.ts';
import { stateRecord } from './records.ts';

/**
 * Takes back what this transaction did on one server: first `current`, read back, then the release. The cache stays
 * as it is: it is only a cache, and its manifest says what it holds.
 */
export const compensate: Step = async (context) => {
  const { engine, fence, plan, server } = context;
  await mendAfterFailure(context);
  const { current } = await engine.revert(
    fence,
    {
      release: plan.release,
      previous: server.expects.current,
      previousMustExist: server.expects.current !== null && !server.expects.dangling,
      discard: plan.kind === 'deploy',
      // A release that a rollback only visited is what it was.
      record: plan.kind === 'deploy' ? stateRecord(context, plan.release, 'failed') : null,
      nonce: `${plan.release}.undone`,
    },
    patiently(),
  );
  if (context.hasBegun('postLaunch')) await launchAgain(context);
  return { current };
};

/** What was restarted with the new release is restarted with the old one. The link is back already, so this stops nothing. */
async function launchAgain(context: StepContext): Promise<void> {
  const { plan, server } = context;
  if (server.current === null) return;
  try {
    await runCommands(
      { ...context, cancel: new AbortController().signal },
      {
        step: 'postLaunch',
        commands: context.environment.commands.postLaunch,
        directory: currentPath(server.path),
        about: {
          release: server.current,
          revision: server.currentRevision,
          previous: plan.release,
          previousRevision: plan.revision,
          rollback: true,
        },
      },
    );
  } catch (error) {
    await context.problem(`the post-launch commands failed for the old release too: ${messageOf(error)}`);
  }
}
