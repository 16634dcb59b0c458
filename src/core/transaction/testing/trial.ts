import { CutoverError, type FailurePolicy, type Json, type StepName } from '../../contract/index.ts';
import type { Fact, NewFact } from '../../journal/facts.ts';
import { memoryJournal } from '../../testing/memoryJournal.ts';
import { runTransaction } from '../runTransaction.ts';
import { SERVERS } from './world.ts';

export interface Trial {
  readonly batches?: readonly (readonly string[])[];
  readonly policy?: FailurePolicy;
  readonly arm?: (server: string) => void;
  readonly bake?: (index: number) => Promise<void> | void;
  readonly perform?: (at: string) => Promise<Json> | Json;
  readonly compensate?: (server: string) => Promise<Json> | Json;
  readonly onWrite?: (fact: NewFact) => Promise<void> | void;
  readonly facts?: Fact[];
  readonly cancel?: AbortSignal;
  /** Default: no time passes. */
  readonly clockMs?: () => number;
}

/** What was done, in order: `begin a/prepare`, `end a/prepare`, `undo a`. */
export function start(trial: Trial = {}) {
  const did: string[] = [];
  const facts = trial.facts ?? [];
  const effects = {
    async perform({ server, step }: { server: string; step: StepName }) {
      did.push(`begin ${server}/${step}`);
      const output = (await trial.perform?.(`${server}/${step}`)) ?? null;
      did.push(`end ${server}/${step}`);
      return output;
    },
    async arm(server: string) {
      did.push(`arm ${server}`);
      trial.arm?.(server);
    },
    async bake(index: number) {
      did.push(`bake ${index}`);
      await trial.bake?.(index);
    },
    async compensate(server: string) {
      did.push(`undo ${server}`);
      return (await trial.compensate?.(server)) ?? null;
    },
    conclude: async () => {},
  };
  const journal = memoryJournal({ facts, ...(trial.onWrite ? { onWrite: trial.onWrite } : {}) });
  const outcome = runTransaction({
    batches: trial.batches ?? [SERVERS],
    policy: trial.policy ?? 'revert-all',
    journal,
    effects,
    cancel: trial.cancel ?? new AbortController().signal,
    clockMs: trial.clockMs ?? (() => 0),
  });
  return { did, facts, outcome };
}

export const failingAt = (wanted: string) => (at: string) => {
  if (at === wanted) throw new CutoverError('E_REMOTE', 'no', { hint: 'try' });
  return null;
};
