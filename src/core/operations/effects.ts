import { CutoverError, type Json, type StepName } from '../contract/index.ts';
import type { Journal } from '../journal/journal.ts';
import type { Fence } from '../remote/engine.ts';
import type { Observation } from '../remote/observation.ts';
import { compensate, recordSuccess, type StepContext, steps } from '../steps/index.ts';
import type { SyncWork } from '../sync/syncWork.ts';
import type { Effects } from '../transaction/runTransaction.ts';
import type { Execution } from './execute.ts';
import type { Hooks } from './hooks.ts';
import { emitNow } from './runtime.ts';

export interface EffectSources extends Execution {
  readonly journal: Journal;
  readonly fences: ReadonlyMap<string, Fence>;
  readonly seen: ReadonlyMap<string, Observation>;
  readonly work: ReadonlyMap<string, SyncWork>;
  readonly hooks: Hooks;
}

/** A rollback sends and builds nothing. */
const STEPS_OF_A_ROLLBACK: ReadonlySet<StepName> = new Set(['prepare', 'activate', 'postLaunch', 'prune']);

/** Gives the transaction its hands: each step with what it needs, its hooks around it. */
export function effectsOf(sources: EffectSources): Effects {
  const contexts = new Map(
    sources.plan.servers.map((server, index) => [server.name, contextOf(sources, index)]),
  );
  return {
    async perform({ server, step }) {
      if (sources.plan.kind === 'rollback' && !STEPS_OF_A_ROLLBACK.has(step)) return null;
      if (sources.runtime.cancel.aborted && step !== 'prune')
        throw new CutoverError('E_INTERRUPTED', `Interrupted before ${step}.`);
      if (step === 'prune' && sources.hooks.has('before:prune')) await recordSuccess(contexts.get(server)!);
      await sources.hooks.run(`before:${step}`, server, sources.plan);
      const output = await steps[step](contexts.get(server)!);
      await sources.hooks.run(`after:${step}`, server, sources.plan);
      return output;
    },
    compensate: (server) => compensate(contexts.get(server)!),
  };
}

function contextOf(sources: EffectSources, index: number): StepContext {
  const { runtime, plan, journal, group } = sources;
  const server = plan.servers[index]!;
  const { name } = server;
  const work = sources.work.get(name);
  return {
    plan,
    server,
    serverIndex: index,
    environment: group.environment,
    engine: group.engines.get(name)!,
    fence: sources.fences.get(name)!,
    seen: sources.seen.get(name)!,
    upload: sources.snapshot && work ? { work, snapshot: sources.snapshot } : null,
    by: runtime.by,
    cancel: runtime.cancel,
    now: runtime.now,
    emit: (event) => emitNow(runtime, event),
    problem: async (message) => {
      await journal.append({ type: 'problem', server: name, message });
    },
    outputOf: (step) => outputOf(journal, name, step),
    hasBegun: (step) =>
      journal
        .facts()
        .some((fact) => fact.type === 'step.begun' && fact.server === name && fact.step === step),
  };
}

function outputOf(journal: Journal, server: string, step: StepName): Json {
  for (const fact of journal.facts()) {
    if (fact.type === 'step.done' && fact.server === server && fact.step === step) return fact.output;
  }
  return null;
}
