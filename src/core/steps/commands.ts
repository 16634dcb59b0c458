import type { CommandConfig } from '../config/types.ts';
import { errorCode, messageOf } from '../contract/index.ts';
import { chosen } from '../plan/commandRuns.ts';

import { currentPath, releasePath, sharedPath } from '../release/paths.ts';
import type { StepContext } from './context.ts';

export interface CommandRun {
  readonly step: 'postUpload' | 'postLaunch';
  /** Where commands run unless they say otherwise. */
  readonly directory: string;
  /** The release the commands are about, and the one before it. */
  readonly about: Subject;
}

export interface Subject {
  readonly release: string;
  readonly revision: string | null;
  readonly previous: string | null;
  readonly previousRevision: string | null;
  /** The release is one that was live before. */
  readonly rollback: boolean;
}

/** What the plan brings, in place of what is live. */
export function planned({ plan, server }: StepContext): Subject {
  return {
    release: plan.release,
    revision: plan.revision,
    previous: server.current,
    previousRevision: server.currentRevision,
    rollback: plan.kind === 'rollback',
  };
}

/** Runs the user's commands that the plan has for one step on one server, in order; the first that fails ends it. */
export async function runCommands(context: StepContext, run: CommandRun): Promise<number> {
  const { server, environment } = context;
  const commands = chosen(environment.commands[run.step], server.runs[run.step]);
  for (const [position, command] of commands.entries()) {
    // The same after a crash, and another one for the release that a compensation brings back.
    const index = server.runs[run.step][position];
    const isAgain = run.about.release !== context.plan.release;
    const id = `${context.plan.release}-${run.step}-${index}${isAgain ? '-again' : ''}`;
    await tryCommand(context, run, command, id);
  }
  return commands.length;
}

/** Each try is a run of its own on the server, so that a resumed transaction attaches to the one that counts. */
async function tryCommand(
  context: StepContext,
  run: CommandRun,
  command: CommandConfig,
  id: string,
): Promise<void> {
  const { server, emit } = context;
  for (let left = command.retries, name = id; ; left--, name = `${id}-try-${command.retries - left + 1}`) {
    try {
      return await runCommand(context, run, command, name);
    } catch (error) {
      if (left === 0 || !MAY_BE_TRIED_AGAIN.has(errorCode(error) ?? '') || context.cancel.aborted)
        throw error;
      const message = `${messageOf(error)}\nTrying it again; ${left} ${left === 1 ? 'try' : 'tries'} left.`;
      emit({ type: 'log', server: server.name, message });
    }
  }
}

/** It is known to be over. */
const MAY_BE_TRIED_AGAIN: ReadonlySet<string> = new Set(['E_COMMAND', 'E_TIMEOUT']);

async function runCommand(
  context: StepContext,
  run: CommandRun,
  command: CommandConfig,
  id: string,
): Promise<void> {
  const { engine, fence, server, emit } = context;
  emit({ type: 'command', server: server.name, step: run.step, run: command.run });
  await engine.command(
    fence,
    {
      id,
      run: command.run,
      directory: command.cwd === 'root' ? server.path : run.directory,
      variables: variablesOf(context, run.about),
      timeoutMs: command.timeoutMs,
      idleTimeoutMs: command.idleTimeoutMs,
      onAttached: () => tellAttached(context, command.run),
      onLine: (stream, line) => emit({ type: 'output', server: server.name, step: run.step, stream, line }),
      catchUp: context.catchUp,
    },
    context.cancel,
  );
}

/** It is no other line that is printed than where it is begun. */
export function tellAttached({ server, emit }: StepContext, run: string): void {
  const [first = '', ...more] = run.trim().split('\n');
  const name = more.length > 0 || first.length > LONGEST_NAME ? `${first.slice(0, LONGEST_NAME)}…` : first;
  const message = `Attached to "${name}", which an earlier run began. What it has printed since then comes first.`;
  emit({ type: 'log', server: server.name, message });
}

const LONGEST_NAME = 60;

/** What every command finds in its environment. Truths are `1` and `0`; what there is not is empty. */
export function variablesOf(context: StepContext, about: Subject): Readonly<Record<string, string>> {
  const { plan, server } = context;
  const previousPath = about.previous === null ? '' : releasePath(server.path, about.previous);
  return {
    CUTOVER_APPLICATION: plan.application,
    CUTOVER_ENVIRONMENT: plan.environment,
    CUTOVER_SERVER: server.name,
    CUTOVER_SERVER_INDEX: String(context.serverIndex),
    CUTOVER_RELEASE: about.release,
    CUTOVER_RELEASE_PATH: releasePath(server.path, about.release),
    CUTOVER_CURRENT_PATH: currentPath(server.path),
    CUTOVER_SHARED_PATH: sharedPath(server.path),
    CUTOVER_PREVIOUS_RELEASE: about.previous ?? '',
    CUTOVER_PREVIOUS_PATH: previousPath,
    CUTOVER_REVISION: about.revision ?? '',
    CUTOVER_PREVIOUS_REVISION: about.previousRevision ?? '',
    CUTOVER_BRANCH: plan.branch ?? '',
    CUTOVER_MESSAGE: plan.message ?? '',
    CUTOVER_AUTHOR: plan.author ?? '',
    CUTOVER_DEPLOYER: context.by,
    CUTOVER_FIRST: about.previous === null ? '1' : '0',
    CUTOVER_ROLLBACK: about.rollback ? '1' : '0',
    CUTOVER_FULL: plan.full ? '1' : '0',
  };
}
