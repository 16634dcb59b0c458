import type { FailurePolicy, Json, StepName } from '../contract/index.ts';
import type { Fact, Failure } from '../journal/facts.ts';
import { isReverting } from '../journal/merge.ts';

/** What the journal knows of earlier lives of the same transaction. */
export interface History {
  /** The outcome of a step: what it gave, how it failed, or null when nobody knows. */
  stepOutcome(
    server: string,
    step: StepName,
  ): { readonly output: Json } | { readonly failure: Failure } | null;
  hasBegun(server: string, step: StepName): boolean;
  isUndone(server: string): boolean;
  /** Going back was begun there, or decided for all: it goes no further. */
  goesBack(server: string): boolean;
  /** It was decided for all. */
  readonly reverting: boolean;
}

/** Pure. A failure counts for ever: a step is not tried again because the program was. */
export function readHistory(facts: readonly Fact[], policy: FailurePolicy): History {
  const steps = new Map<string, { readonly output: Json } | { readonly failure: Failure }>();
  const begun = new Set<string>();
  const undoing = new Set<string>();
  const undone = new Set<string>();
  for (const fact of facts) {
    if (fact.type === 'step.begun') begun.add(`${fact.server}/${fact.step}`);
    if (fact.type === 'step.done') steps.set(`${fact.server}/${fact.step}`, { output: fact.output });
    if (fact.type === 'step.failed') steps.set(`${fact.server}/${fact.step}`, { failure: fact.failure });
    if (fact.type === 'undo.begun') undoing.add(fact.server);
    if (fact.type === 'undo.done') undone.add(fact.server);
  }
  const reverting = isReverting(facts, policy);
  return {
    stepOutcome: (server, step) => steps.get(`${server}/${step}`) ?? null,
    hasBegun: (server, step) => begun.has(`${server}/${step}`),
    isUndone: (server) => undone.has(server),
    goesBack: (server) => reverting || undoing.has(server),
    reverting,
  };
}
