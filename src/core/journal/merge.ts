import type { FailurePolicy } from '../contract/index.ts';
import type { Fact } from './facts.ts';
import { isHookFact } from './hookStanding.ts';
import type { Opening, ServerJournal } from './serverText.ts';

/** What the servers' journals say together. */
export type Merged =
  | { readonly type: 'nothing' }
  /** Different transactions are open on different servers: only a person can have made that. */
  | { readonly type: 'several'; readonly openings: ReadonlyMap<string, Opening> }
  | { readonly type: 'one'; readonly opening: Opening; readonly facts: readonly Fact[] };

/** Pure. `journals` by the name of the server; a server where nothing is open is left out. */
export function mergeJournals(journals: ReadonlyMap<string, ServerJournal>): Merged {
  const ids = new Set([...journals.values()].map(({ opening }) => opening.id));
  const first = [...journals.values()][0];
  if (first === undefined) return { type: 'nothing' };
  if (ids.size > 1) {
    return {
      type: 'several',
      openings: new Map([...journals].map(([name, { opening }]) => [name, opening])),
    };
  }
  const facts = [...journals].flatMap(([name, journal]) =>
    journal.facts.filter((fact) => isAbout(fact, name)),
  );
  return { type: 'one', opening: first.opening, facts };
}

/** A server's journal speaks for that server alone, whatever somebody wrote into it. */
function isAbout(fact: Fact, server: string): boolean {
  return !('server' in fact) || fact.server === null || fact.server === server;
}

/**
 * Was it decided that every server goes back? Then no server goes forward any more, whatever it could do. Where the policy
 * lets servers stay, one that goes back tells nothing of the others, unless nothing was ever switched.
 */
export function isReverting(facts: readonly Fact[], policy: FailurePolicy): boolean {
  if (facts.some((fact) => fact.type === 'cancelled')) return true;
  const goesBack = facts.some((fact) => fact.type === 'undo.begun');
  const activates = facts.some((fact) => fact.type === 'step.begun' && fact.step === 'activate');
  return goesBack && (policy === 'revert-all' || !activates);
}

/** Was it decided that the release stays? Then nothing can be taken back by this transaction. */
export function isCommitted(facts: readonly Fact[]): boolean {
  return facts.some((fact) => fact.type === 'step.begun' && fact.step === 'prune');
}

/** Where it stands, for people: the last thing each server wrote down. */
export function describeStanding(facts: readonly Fact[], server: string): string {
  const last = facts.findLast(
    (fact) => 'server' in fact && fact.server === server && fact.type !== 'problem',
  );
  if (last === undefined) return 'nothing was done';
  if (isHookFact(last)) return `hook ${last.name} (${last.point}) ${last.type.slice('hook.'.length)}`;
  if ('step' in last) return `${last.step} ${last.type.slice('step.'.length)}`;
  return last.type.startsWith('undo.')
    ? `compensation ${last.type.slice('undo.'.length)}`
    : 'nothing was done';
}
