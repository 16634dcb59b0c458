import type { Json } from '../contract/index.ts';
import type { Fact } from '../journal/facts.ts';

export interface Skew {
  /** Between the first switch and the last one, each in the middle of when it can have been; rounded up. */
  readonly skewMs: number;
  /** It may be so much less or more. */
  readonly uncertaintyMs: number;
}

/** Null with fewer than two servers whose switch this machine has seen. */
export function skewOf(facts: readonly Fact[]): Skew | null {
  const switches = facts.flatMap((fact) =>
    fact.type === 'step.done' && fact.step === 'activate' ? boundsOf(fact.output) : [],
  );
  if (switches.length < 2) return null;
  const middles = switches.map(({ earliestMs, latestMs }) => (earliestMs + latestMs) / 2);
  const spreadMs = Math.max(...middles) - Math.min(...middles);
  const mostMs =
    Math.max(...switches.map(({ latestMs }) => latestMs)) -
    Math.min(...switches.map(({ earliestMs }) => earliestMs));
  const leastMs =
    Math.max(...switches.map(({ earliestMs }) => earliestMs)) -
    Math.min(...switches.map(({ latestMs }) => latestMs));
  return {
    skewMs: Math.ceil(spreadMs),
    uncertaintyMs: Math.ceil(Math.max(mostMs - spreadMs, spreadMs - Math.max(0, leastMs))),
  };
}

/** Nothing where only a server's journal knows of it. */
function boundsOf(output: Json): readonly { readonly earliestMs: number; readonly latestMs: number }[] {
  const { earliestMs, latestMs } = (output ?? {}) as { earliestMs?: number; latestMs?: number };
  return earliestMs === undefined || latestMs === undefined ? [] : [{ earliestMs, latestMs }];
}
