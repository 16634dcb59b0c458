import type { Failure, NewFact } from './facts.ts';
import type { Journal } from './journal.ts';

/** Writes no secret down: what an error says may hold one, and journals are kept, on the servers as well. */
export function redactedJournal(journal: Journal, redact: (text: string) => string): Journal {
  const withoutSecrets = ({ code, message, hint }: Failure): Failure => ({
    code,
    message: redact(message),
    hint: hint === null ? null : redact(hint),
  });
  const redacted = (fact: NewFact): NewFact => {
    if ('failure' in fact) return { ...fact, failure: withoutSecrets(fact.failure) };
    return fact.type === 'problem' ? { ...fact, message: redact(fact.message) } : fact;
  };
  return { facts: () => journal.facts(), append: (fact) => journal.append(redacted(fact)) };
}
