import type { Emit } from './events.ts';
import type { Journal } from './journal.ts';

/** Tells of every fact once it is durable. */
export function watchedJournal(journal: Journal, emit: Emit): Journal {
  return {
    facts: () => journal.facts(),
    async append(fact) {
      const written = await journal.append(fact);
      emit(written);
      return written;
    },
  };
}
