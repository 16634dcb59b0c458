import type { Json, StepName } from '../contract/index.ts';
import type { Fact, Failure } from '../journal/facts.ts';

/** What the journal knows of earlier lives of the same transaction. */
export interface History {
  /** The outcome of a step: what it gave, how it failed, or null when nobody knows. */
  stepOutcome(
    server: string,
    step: StepName,
  ): { readonly output: Json } | { readonly failure: Failure } | null;
  isUndone(server: string): boolean;
  /** It was decided to go back: by a wish to stop, or because a server had failed. */
  readonly reverting: boolean;
}

/** Pure. A failure counts for ever: a step is not tried again because the program was. */
export function readHistory(facts: readonly Fact[]): History {
  const steps = new Map<string, { readonly output: Json } | { readonly failure: Failure }>();
  const undone = new Set<string>();
  for (const fact of facts) {
    if (fact.type === 'step.done') steps.set(`${fact.server}/${fact.step}`, { output: fact.output });
    if (fact.type === 'step.failed') steps.set(`${fact.server}/${fact.step}`, { failure: fact.failure });
    if (fact.type === 'undo.done') undone.add(fact.server);
  }
  return {
    stepOutcome: (server, step) => steps.get(`${server}/${step}`) ?? null,
    isUndone: (server) => undone.has(server),
    reverting: facts.some((fact) => fact.type === 'cancelled' || fact.type === 'undo.begun'),
  };
}
