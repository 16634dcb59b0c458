import { setTimeout } from 'node:timers/promises';
import pLimit from 'p-limit';
import { CutoverError, type Json, type StepName } from '../contract/index.ts';
import type { Fact } from '../journal/facts.ts';
import type { Journal } from '../journal/journal.ts';
import type { ServerJournals } from '../journal/serverJournals.ts';
import { parseServerJournal } from '../journal/serverText.ts';
import { stepsOf } from '../plan/stepsOf.ts';
import type { Fence, PruneRequest } from '../remote/engine.ts';
import { arm, compensate, patiently, recordEnd, type StepContext, steps } from '../steps/index.ts';
import type { Effects } from '../transaction/runTransaction.ts';
import type { Arming } from './arming.ts';
import type { Ending } from './ending.ts';
import { withFaultsTold } from './faults.ts';
import { hookRunner } from './runHooks.ts';
import { emitNow } from './runtime.ts';
import type { Transaction } from './transaction.ts';

/** Steps whose work is one script: that script itself writes into the server's journal that they are done. */
const ONE_SCRIPT: ReadonlySet<StepName> = new Set([
  'prepare',
  'syncCache',
  'linkRelease',
  'activate',
  'prune',
]);

const BEHIND_THE_PRUNE = ['before:prune', 'after:prune', 'always'] as const;

/** Of the id of a transaction: when it was opened, to the millisecond. */
const ID_DIGITS = 17;

/** Gives the transaction its hands: each step with what it needs, its hooks around it. */
export function effectsOf(
  sources: Transaction,
  id: string,
  journals: ServerJournals,
  ending: Ending,
  arming: Arming,
): Effects {
  const { plan, runtime } = sources;
  const uploads = pLimit(sources.group.environment.concurrency.uploads);
  /** Uploads share the way out of this machine; what else there is to do costs next to nothing here. */
  const run = (step: StepName, context: StepContext) =>
    step === 'syncCache' ? uploads(() => steps[step](context)) : steps[step](context);
  const endsWithPrune = (server: string) => !BEHIND_THE_PRUNE.some((point) => hooks.has(point, server));
  const at = () => runtime.now().toISOString();
  const clockBeginMs = runtime.now().getTime() - runtime.clockMs();
  const prunedBy = async (server: string, fence: Fence, request: PruneRequest) => {
    const { inUse, pruneFailure } = await ending.finish(server, fence, request, patiently());
    if (pruneFailure !== null) throw pruneFailure;
    return inUse;
  };
  const contextFor = (name: string, fence: Fence) => contextOf(sources, journals, name, fence, clockBeginMs);
  const hooks = hookRunner({
    transaction: sources,
    journal: journals.journal,
    id: id.slice(0, ID_DIGITS),
    contextFor: (name, required) => contextFor(name, journals.fenceFor(name, { after: null, required })),
  });
  const endedBefore = new Set(plan.servers.map(({ name }) => name).filter((name) => hasEnded(sources, name)));

  /** The script of the step tells the server's journal that it is done; with a hook behind it, it is only when that is. */
  const fenceOf = (server: string, step: StepName) => {
    const alone = ONE_SCRIPT.has(step) && !hooks.has(`after:${step}`, server);
    const after = alone
      ? ({ type: 'step.done', at: at(), server, step, ms: 0, output: null } as const)
      : null;
    return journals.fenceFor(server, { after, required: step !== 'prune' });
  };
  const effects: Effects = {
    async arm(server) {
      requireWanted(sources, 'activate');
      await hooks.run('before:activate', server);
      if (!arming.isWorth(server)) return;
      arming.keep(server, await arm(contextFor(server, fenceOf(server, 'activate'))));
      emitNow(runtime, { type: 'armed', server });
    },
    async perform({ server, step }) {
      if (!stepsOf(plan.kind).includes(step)) return null;
      if (step !== 'prune') requireWanted(sources, step);
      if (step === 'prune' && hooks.has('before:prune', server)) {
        await recordEnd(contextFor(server, journals.fenceFor(server)));
      }
      // Arming has run those before the switch.
      if (step !== 'activate') await hooks.run(`before:${step}`, server);
      const fence = fenceOf(server, step);
      const pruneLast = endsWithPrune(server)
        ? (request: PruneRequest) => prunedBy(server, fence, request)
        : null;
      const armed = step === 'activate' ? arming.take(server) : null;
      const output = await run(step, { ...contextFor(server, fence), pruneLast, armed });
      await hooks.run(`after:${step}`, server);
      if (step === 'postLaunch' && plan.kind === 'rollback') await hooks.run('onRollback', server);
      return output;
    },
    async bake(index) {
      const live = `Batch ${index} of ${plan.batches.length} is live`;
      const message =
        plan.pauseMs === 0 ? `${live}.` : `${live}; the next one follows in ${plan.pauseMs / 1000} s.`;
      emitNow(runtime, { type: 'log', server: null, message });
      if (plan.pauseMs === 0) return;
      await setTimeout(plan.pauseMs, undefined, { signal: sources.cancel });
    },
    async compensate(server) {
      await arming.disarm(server);
      const after = { type: 'undo.done', at: at(), server, ms: 0, output: null } as const;
      const context = contextFor(server, journals.fenceFor(server, { after, required: false }));
      return compensate({ ...context, hooksMayBeAtWork: hooks.mayBeAtWork(server) });
    },
    async conclude() {
      const open = plan.servers.filter(({ name }) => !endedBefore.has(name));
      await Promise.all(open.map(({ name }) => hooks.conclude(name)));
    },
  };
  return withFaultsTold(effects, runtime);
}

function contextOf(
  sources: Transaction,
  { journal }: ServerJournals,
  name: string,
  fence: Fence,
  clockBeginMs: number,
): StepContext {
  const { runtime, plan, group } = sources;
  const index = plan.servers.findIndex((server) => server.name === name);
  const server = plan.servers[index]!;
  const work = sources.work.get(name);
  return {
    plan,
    server,
    serverIndex: index,
    environment: group.environment,
    engine: group.engines.get(name)!,
    fence,
    pruneLast: null,
    armed: null,
    hooksMayBeAtWork: false,
    seen: sources.seen.get(name)!,
    upload: sources.snapshot && work ? { work, snapshot: sources.snapshot } : null,
    by: runtime.by,
    cancel: sources.cancel,
    now: runtime.now,
    clockMs: runtime.clockMs,
    clockBeginMs,
    emit: (event) => emitNow(runtime, event),
    catchUp: runtime.catchUp ?? (() => null),
    problem: async (message) => {
      await journal.append({ type: 'problem', server: name, message });
    },
    outputOf: (step) => outputOf(journal, name, step),
    hasBegun: (step) => begins(journal, name, step) > 0,
    hasFailed: (step) =>
      journal
        .facts()
        .some((fact) => fact.type === 'step.failed' && fact.server === name && fact.step === step),
    isAgain: (step) => begins(journal, name, step) > 1,
  };
}

/** An earlier life has put the journal of the transaction away there: nothing more is done. */
function hasEnded({ seen, journal }: Transaction, server: string): boolean {
  const text = seen.get(server)?.journal ?? null;
  if (text !== null && parseServerJournal(text) !== null) return false;
  return journal
    .facts()
    .some(
      (fact) =>
        ((fact.type === 'step.done' && fact.step === 'prune') || fact.type === 'undo.done') &&
        fact.server === server,
    );
}

function requireWanted({ cancel }: Transaction, step: StepName): void {
  if (cancel.aborted) throw new CutoverError('E_INTERRUPTED', `Interrupted before ${step}.`);
}

function outputOf(journal: Journal, server: string, step: StepName): Json {
  for (const fact of journal.facts()) {
    if (fact.type === 'step.done' && fact.server === server && fact.step === step) return fact.output;
  }
  return null;
}

/** How often a step was begun on a server, in all lives of the transaction. */
function begins(journal: Journal, server: string, step: StepName): number {
  const isBegin = (fact: Fact) => fact.type === 'step.begun' && fact.server === server && fact.step === step;
  return journal.facts().filter(isBegin).length;
}
