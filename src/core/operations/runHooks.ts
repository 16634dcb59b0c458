import { CutoverError, type HookPoint } from '../contract/index.ts';
import type { Fact, Failure } from '../journal/facts.ts';
import { type HookRun, hookStanding, isHookFact } from '../journal/hookStanding.ts';
import type { Journal } from '../journal/journal.ts';
import type { StepContext } from '../steps/index.ts';
import { withoutServer } from '../steps/withoutServer.ts';
import { asFailure } from '../transaction/failure.ts';
import { tellFault } from './faults.ts';
import { type HookCommands, hookCommands } from './hookCommands.ts';
import { deploymentOf, pathsOf } from './hookContext.ts';
import { withinDeadline } from './hookDeadline.ts';
import type { PlacedHook } from './hooks.ts';
import { scopeFor } from './scope.ts';
import type { Transaction } from './transaction.ts';

export interface HookRunner {
  has(point: HookPoint, server: string): boolean;
  /**
   * Runs the hooks of a point for one server, in the order of the configuration. One that an earlier life has ended is not
   * run again; what was begun and not ended goes as the hook has declared. The first that fails ends it: `E_HOOK`.
   */
  run(point: HookPoint, server: string): Promise<void>;
  /** Those behind everything: what fails there is told as a problem, and keeps none from running. */
  conclude(server: string): Promise<void>;
  /** Programs that a hook began there may be at work still. */
  mayBeAtWork(server: string): boolean;
}

export interface HookRunnerOptions {
  readonly transaction: Transaction;
  readonly journal: Journal;
  /** Of the transaction: tells what its hooks began on a server from what others did. */
  readonly id: string;
  readonly contextFor: (server: string, required: boolean) => StepContext;
}

export function hookRunner({ transaction, journal, id, contextFor }: HookRunnerOptions): HookRunner {
  const { hooks, plan, cancel } = transaction;
  const isResumed = journal.facts().some(({ type }) => type !== 'opened');
  const asked = new Set<string>();

  const perform = async (placed: PlacedHook, server: string, what: string, failure: string | null) => {
    const isFinal = isCommittedAt(placed.at);
    const context = contextFor(server, !isFinal);
    let commands: HookCommands | null = null;
    const limits = { deadlineMs: placed.deadlineMs, cancel: isFinal ? null : cancel };
    await withinDeadline(what, limits, async (signal) => {
      const name = `${plan.release}-hook-${id}-${placed.at.replace(':', '-')}-${placed.index}`;
      commands = hookCommands({ context, id: name, point: placed.at, signal });
      const { command } = commands;
      const canRun = context.seen.noCommands === undefined;
      await placed.hook.run({
        ...scopeOf(transaction, placed, server, signal),
        ...deploymentOf(plan, context.server, transaction.group, transaction.runtime.by),
        point: placed.at,
        paths: pathsOf(context.server, plan.release),
        failure,
        ...(canRun && {
          command(wanted) {
            asked.add(server);
            return command(wanted);
          },
        }),
      });
    }).finally(() => commands?.end());
  };

  const run = async (placed: PlacedHook, server: string, reason: string | null): Promise<void> => {
    const { at: point, index, name } = placed;
    const hook: HookRun = { server, point, index, name };
    const what = `${server}: the hook ${name} (${point})`;
    const standing = hookStanding(journal.facts(), hook);
    if (standing.type === 'done') return;
    if (standing.type === 'failed') throw known(standing.failure);
    const was = standing.type === 'cutShort' ? standing.interrupted : 'again';
    if (was === 'skip') {
      const message = `the hook ${name} (${point}) was cut short, and nobody knows how far it came; it counts as done`;
      await journal.append({ type: 'problem', server, message });
      await journal.append({ type: 'hook.done', ...hook, ms: 0 });
      return;
    }
    const { clockMs } = transaction.runtime;
    const start = clockMs();
    try {
      if (was === 'fail') throw cutShort(what);
      const interrupted = placed.hook.interrupted ?? 'again';
      await journal.append({ type: 'hook.begun', ...hook, interrupted });
      await perform(placed, server, what, reason);
    } catch (error) {
      tellFault(transaction.runtime, server, (error as Error).cause);
      const failure = asFailure(error);
      await journal.append({ type: 'hook.failed', ...hook, ms: Math.round(clockMs() - start), failure });
      throw error;
    }
    await journal.append({ type: 'hook.done', ...hook, ms: Math.round(clockMs() - start) });
  };

  const concludeAt = async (point: HookPoint, server: string, reason: string | null) => {
    for (const placed of hooks.at(point, server, plan)) {
      await run(placed, server, reason).catch(async (error: unknown) => {
        const message = withoutServer(server, error);
        const isTold = journal
          .facts()
          .some((fact) => fact.type === 'problem' && fact.server === server && fact.message === message);
        if (!isTold) await journal.append({ type: 'problem', server, message });
      });
    }
  };

  return {
    has: (point, server) => hooks.at(point, server, plan).length > 0,
    async run(point, server) {
      for (const placed of hooks.at(point, server, plan)) await run(placed, server, null);
    },
    async conclude(server) {
      const facts = journal.facts();
      const reason = whyItFailed(facts, server);
      // One that was kept serves the new release: what makes services use the old one again is not for it.
      const wentBack = facts.some((fact) => fact.type === 'undo.begun' && fact.server === server);
      if (wentBack) await concludeAt('onFailure', server, reason);
      await concludeAt('always', server, reason);
    },
    mayBeAtWork(server) {
      const isOpen = (fact: Fact) =>
        isHookFact(fact) && fact.server === server && hookStanding(journal.facts(), fact).type !== 'done';
      return asked.has(server) || (isResumed && journal.facts().some(isOpen));
    },
  };
}

/** Everybody serves the new release by then, or the old one again: nobody can stop it any more. */
function isCommittedAt(point: HookPoint): boolean {
  return point.endsWith(':prune') || point === 'onFailure' || point === 'always';
}

function scopeOf(
  { runtime, config }: Transaction,
  { name, secrets }: PlacedHook,
  server: string,
  signal: AbortSignal,
) {
  return scopeFor(runtime, config, { what: `the hook ${name}`, secrets, server, signal });
}

function known({ code, message, hint }: Failure): CutoverError {
  return new CutoverError(code, message, hint === null ? {} : { hint });
}

function cutShort(what: string): CutoverError {
  return new CutoverError(
    'E_HOOK',
    `${what} was cut short, and nobody knows how far it came; it counts as failed`,
  );
}

/**
 * The server's own reason; else that of the first that failed, also where the policy let this one stay. Null: it did not fail.
 * Of one that has ended in an earlier life, and gone back, nobody knows why any more.
 */
function whyItFailed(facts: readonly Fact[], server: string): string | null {
  const isStopped = facts.some(({ type }) => type === 'cancelled');
  const failures = facts
    .flatMap((fact) =>
      (fact.type === 'step.failed' && fact.step !== 'prune') || fact.type === 'undo.failed' ? [fact] : [],
    )
    .filter(({ failure }) => !isStopped || failure.code !== 'E_INTERRUPTED');
  const known = failures.find((fact) => fact.server === server) ?? failures[0];
  if (known !== undefined) return known.failure.message;
  if (isStopped) return 'Somebody stopped it.';
  return facts.some(({ type }) => type === 'undo.begun')
    ? 'It failed in an earlier run, on another server.'
    : null;
}
