import type { HookPoint } from '../contract/index.ts';
import type { Fact, Failure, Interrupted } from './facts.ts';

/** One run of a hook, the same in all lives of a transaction. */
export interface HookRun {
  readonly server: string;
  readonly point: HookPoint;
  /** Among the hooks of that point. */
  readonly index: number;
  readonly name: string;
}

/** What the journal knows of it. `cutShort`: it was begun, and nobody knows how far it came. */
export type HookStanding =
  | { readonly type: 'new' | 'done' }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'cutShort'; readonly interrupted: Interrupted };

/** Pure. What has ended once counts for ever. */
export function hookStanding(facts: readonly Fact[], run: HookRun): HookStanding {
  let standing: HookStanding = { type: 'new' };
  for (const fact of facts) {
    if (!isHookFact(fact) || !isSameRun(fact, run)) continue;
    if (fact.type === 'hook.done') return { type: 'done' };
    if (fact.type === 'hook.failed') return { type: 'failed', failure: fact.failure };
    standing = { type: 'cutShort', interrupted: fact.interrupted };
  }
  return standing;
}

export type HookFact = Extract<Fact, HookRun>;

export function isHookFact(fact: Fact): fact is HookFact {
  return fact.type === 'hook.begun' || fact.type === 'hook.done' || fact.type === 'hook.failed';
}

function isSameRun(one: HookRun, other: HookRun): boolean {
  return one.server === other.server && one.point === other.point && one.index === other.index;
}
