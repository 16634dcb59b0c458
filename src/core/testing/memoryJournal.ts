import type { Fact, NewFact } from '../journal/facts.ts';
import type { Journal } from '../journal/journal.ts';

export interface MemoryJournalOptions {
  /** What earlier lives have left. Facts are added to it. */
  readonly facts?: Fact[];
  /** Called before a fact becomes durable. When it rejects, the fact cannot be written. */
  readonly onWrite?: (fact: NewFact) => Promise<void> | void;
}

/** A journal in memory, with the order of the real one: a fact is written when all before it are. */
export function memoryJournal({ facts = [], onWrite }: MemoryJournalOptions = {}): Journal {
  let last: Promise<unknown> = Promise.resolve();
  return {
    facts: () => facts,
    append(newFact) {
      const write = last.then(async () => {
        await onWrite?.(newFact);
        // What is kept is what JSON keeps.
        const fact = JSON.parse(JSON.stringify({ at: '2026-11-21T19:38:11Z', ...newFact })) as Fact;
        facts.push(fact);
        return fact;
      });
      last = write.catch(() => {});
      return write;
    },
  };
}
