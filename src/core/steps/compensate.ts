import { CutoverError } from '../contract/index.ts';
import { currentPath } from '../release/paths.ts';
import type { Fence } from '../remote/engine.ts';
import { runCommands } from './commands.ts';
import { patiently, type Step, type StepContext, shortly } from './context.ts';
import { mendAfterFailure } from './leaks.ts';
import { stateRecord } from './records.ts';
import { withoutServer } from './withoutServer.ts';

/**
 * Takes back what this transaction did on one server: first its commands that are still at work, which nobody may
 * have been able to reach, then `current`, read back, then the release. The cache stays as it is: it is only a cache,
 * and its manifest says what it holds.
 * Throws `E_REMOTE` when a command cannot be ended: `current` is back then, and the release stays.
 */
export const compensate: Step = async (context) => {
  const { engine, fence, plan, server } = context;
  const working = await endCommands(context);
  await mendAfterFailure(context);
  const discard = plan.kind === 'deploy' && working.length === 0;
  const { current } = await engine.revert(
    working.length === 0 ? fence : unfinished(fence),
    {
      release: plan.release,
      previous: server.expects.current,
      previousMustExist: server.expects.current !== null && !server.expects.dangling,
      discard,
      // A release that a rollback only visited is what it was.
      record: discard ? stateRecord(context, plan.release, 'failed') : null,
      nonce: `${plan.release}.undone`,
    },
    patiently(),
  );
  if (working.length > 0) throw stillAtWork(context, working);
  if (context.hasBegun('postLaunch')) await launchAgain(context);
  return { current };
};

/** Gives the ids of those that could not be ended. */
async function endCommands(context: StepContext): Promise<readonly string[]> {
  const hasCommands = context.hasBegun('postUpload') || context.hasBegun('postLaunch');
  if (!hasCommands && !context.hooksMayBeAtWork) return [];
  const { engine, fence, plan } = context;
  const { ended, working } = await engine.endCommands(unfinished(fence), plan.release, shortly());
  for (const id of ended)
    await context.problem(`the command ${id} was still at work there; its processes were ended`);
  return working;
}

/** The server's journal is told that this has begun, and not yet that it is done. */
function unfinished(fence: Fence): Fence {
  return fence.journal === undefined ? fence : { ...fence, journal: { ...fence.journal, after: null } };
}

function stillAtWork({ server, plan, environment }: StepContext, working: readonly string[]): CutoverError {
  return new CutoverError(
    'E_REMOTE',
    `${server.name}: ${working.join(', ')} still works there and could not be ended, so the release ${plan.release} stays`,
    { server: server.name, hint: `End it there, then: cutover resume ${environment.name}` },
  );
}

/** What was restarted with the new release is restarted with the old one. The link is back already, so this stops nothing. */
async function launchAgain(context: StepContext): Promise<void> {
  const { plan, server } = context;
  if (server.current === null) return;
  try {
    await runCommands(
      { ...context, cancel: new AbortController().signal },
      {
        step: 'postLaunch',
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
    await context.problem(
      `the post-launch commands failed for the old release too: ${withoutServer(server.name, error)}`,
    );
  }
}
