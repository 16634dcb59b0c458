import type { CommandConfig } from '../config/types.ts';
import type { StepName } from '../contract/index.ts';
import { commandsOn } from '../plan/planDeployment.ts';
import { currentPath, releasePath, sharedPath } from '../release/paths.ts';
import type { StepContext } from './context.ts';

export interface CommandRun {
  readonly step: StepName;
  readonly commands: readonly CommandConfig[];
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

/** Runs the user's commands of one step on one server, in order; the first that fails ends it. */
export async function runCommands(context: StepContext, run: CommandRun): Promise<number> {
  const { engine, fence, server, plan, emit } = context;
  const commands = commandsOn(run.commands, context.serverIndex);
  for (const [index, command] of commands.entries()) {
    emit({ type: 'command', server: server.name, step: run.step, run: command.run });
    await engine.command(
      fence,
      {
        // The same after a crash, and another one for the release that a compensation brings back.
        id: `${plan.release}-${run.step}-${index}${run.about.release === plan.release ? '' : '-again'}`,
        run: command.run,
        directory: command.cwd === 'root' ? server.path : run.directory,
        variables: variablesOf(context, run.about),
        timeoutMs: command.timeoutMs,
        idleTimeoutMs: command.idleTimeoutMs,
        onLine: (stream, line) => emit({ type: 'output', server: server.name, step: run.step, stream, line }),
        catchUp: context.catchUp,
      },
      context.cancel,
    );
  }
  return commands.length;
}

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
