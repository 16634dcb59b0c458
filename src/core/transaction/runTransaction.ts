import { createActor, fromPromise, toPromise } from 'xstate';
import type { FailurePolicy, Json, Outcome, StepName } from '../contract/index.ts';
import type { Failure, NewFact } from '../journal/facts.ts';
import type { Journal } from '../journal/journal.ts';
import { asFailure } from './failure.ts';
import { groupMachine, reportingServer } from './groupMachine.ts';
import { type History, readHistory } from './history.ts';
import type { Effect } from './serverMachine.ts';

/** What steps do, apart from when. Both must be convergent: after a crash they are called again. */
export interface Effects {
  perform(effect: Effect): Promise<Json>;
  /** Makes the step "activate" so ready that one message remains. It may be followed by that step, or by compensation. */
  arm(server: string): Promise<void>;
  compensate(server: string): Promise<Json>;
  /** What comes behind all else, wherever the servers ended. Whatever fails there is for it to tell. */
  conclude(): Promise<void>;
  /** Watches what was switched before the batch of this index is. Ends early when somebody wants to stop. */
  bake(index: number): Promise<void>;
}

export interface TransactionOptions {
  /** Names of the servers that are switched together, batch after batch. */
  readonly batches: readonly (readonly string[])[];
  readonly policy: FailurePolicy;
  readonly journal: Journal;
  readonly effects: Effects;
  /** Fires when somebody wants to stop. Granted until every server is live. */
  readonly cancel: AbortSignal;
  /** Monotonic, in milliseconds. */
  readonly clockMs: () => number;
}

/**
 * Runs a transaction to its end. The journal is the truth and the machines a function of it: they start fresh, and
 * an effect whose outcome the journal knows answers from there. So a transaction that was cut short is finished by
 * calling this again with the same journal.
 * Rejects only when the journal cannot be written: nothing more is begun then, and what runs is waited for.
 * `group` is another one only where a test breaks it.
 */
export async function runTransaction(options: TransactionOptions, group = groupMachine): Promise<Outcome> {
  const { journal, batches, policy } = options;
  const line = lifeline();
  const machine = group.provide({
    actors: actorsOf(options, line),
  });
  const actor = createActor(machine, { input: { batches, policy } });
  const ended = toPromise(actor);
  const cancel = () => {
    if (!actor.getSnapshot().can({ type: 'cancel' })) return;
    // The fact is queued before any fact that follows from it.
    journal.append({ type: 'cancelled' }).catch(line.cut);
    actor.send({ type: 'cancel' });
  };
  actor.start();
  if (readHistory(journal.facts(), policy).reverting) actor.send({ type: 'cancel' });
  if (options.cancel.aborted) cancel();
  else options.cancel.addEventListener('abort', cancel, { once: true });
  try {
    const outcome = await Promise.race([ended, line.wasCut]);
    // It cannot be stopped any more.
    options.cancel.removeEventListener('abort', cancel);
    await options.effects.conclude();
    await journal.append({ type: 'closed', outcome });
    return outcome;
  } catch (error) {
    await Promise.allSettled(line.running);
    throw error;
  } finally {
    options.cancel.removeEventListener('abort', cancel);
    actor.stop();
  }
}

/** Holds as long as every fact can be written. */
interface Lifeline {
  /** Rejects with why a fact could not be written. */
  readonly wasCut: Promise<never>;
  isCut(): boolean;
  cut(error: unknown): void;
  /** Effects that were begun; none of them rejects. */
  readonly running: Set<Promise<unknown>>;
}

function lifeline(): Lifeline {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  let isCut = false;
  return {
    wasCut: promise,
    isCut: () => isCut,
    cut(error) {
      isCut = true;
      reject(error);
    },
    running: new Set(),
  };
}

function actorsOf(options: TransactionOptions, line: Lifeline) {
  const { batches, effects, journal, policy } = options;
  const history = readHistory(journal.facts(), policy);
  return {
    server: reportingServer.provide({ actors: effectActors(options, line, history) }),
    bake: fromPromise<void, { readonly index: number }>(async ({ input: { index } }) => {
      if (batches[index]!.some((server) => history.hasBegun(server, 'activate'))) return;
      await effects.bake(index);
    }),
  };
}

function effectActors(options: TransactionOptions, line: Lifeline, history: History) {
  const { journal, effects, clockMs } = options;
  /** A fact that cannot be written ends the run: from then on the machine hears nothing more. */
  const write = async (fact: NewFact) => {
    await journal.append(fact).catch(line.cut);
    if (line.isCut()) await new Promise<never>(() => {});
  };

  const attempt = async <T>(
    work: () => Promise<T>,
    done: (value: T, ms: number) => NewFact | null,
    failed: (failure: Failure, ms: number) => NewFact,
    beforeMs = 0,
  ) => {
    const start = clockMs() - beforeMs;
    const elapsed = () => Math.round(clockMs() - start);
    const running = work().then(
      (value) => ({ value }),
      (error: unknown) => ({ failure: asFailure(error) }),
    );
    line.running.add(running);
    const result = await running;
    line.running.delete(running);
    if ('failure' in result) {
      await write(failed(result.failure, elapsed()));
      throw result.failure;
    }
    const fact = done(result.value, elapsed());
    if (fact !== null) await write(fact);
  };

  /** Hooks before the switch among it. What follows are waiting for the others, and the switch. */
  const armedMs = new Map<string, number>();

  const isKnown = (server: string, step: StepName): boolean => {
    const known = history.stepOutcome(server, step);
    if (known === null && step !== 'prune' && history.goesBack(server)) throw GOES_BACK;
    if (known !== null && 'failure' in known) throw known.failure;
    return known !== null;
  };

  return {
    arm: fromPromise<void, Effect>(async ({ input: { server, step } }) => {
      if (isKnown(server, step)) return;
      await write({ type: 'step.begun', server, step });
      await attempt(
        () => effects.arm(server),
        (_, ms) => {
          armedMs.set(server, ms);
          return null;
        },
        (failure, ms) => ({ type: 'step.failed', server, step, ms, failure }),
      );
    }),
    perform: fromPromise<void, Effect>(async ({ input }) => {
      const { server, step } = input;
      if (isKnown(server, step)) return;
      // Arming has written that it begins.
      if (step !== 'activate') await write({ type: 'step.begun', server, step });
      await attempt(
        () => effects.perform({ server, step }),
        (output, ms) => ({ type: 'step.done', server, step, ms, output }),
        (failure, ms) => ({ type: 'step.failed', server, step, ms, failure }),
        step === 'activate' ? armedMs.get(server) : 0,
      );
    }),
    compensate: fromPromise<void, { server: string; step: StepName }>(async ({ input: { server } }) => {
      if (history.isUndone(server)) return;
      await write({ type: 'undo.begun', server });
      await attempt(
        () => effects.compensate(server),
        (output, ms) => ({ type: 'undo.done', server, ms, output }),
        (failure, ms) => ({ type: 'undo.failed', server, ms, failure }),
      );
    }),
  };
}

/** Nobody is told: that going back was begun is known already. */
const GOES_BACK: Failure = {
  code: 'E_INTERRUPTED',
  message: 'An earlier run has begun to take this back.',
  hint: null,
};
