import type { Fact, NewFact } from './facts.ts';

/** The truth of a transaction: what was about to be done, and what became of it, in order. */
export interface Journal {
  /** Gives the fact, with its time, once it is durable. Facts are written in the order of the calls. */
  append(fact: NewFact): Promise<Fact>;
  facts(): readonly Fact[];
}
