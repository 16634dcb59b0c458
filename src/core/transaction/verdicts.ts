import type { FailurePolicy, Outcome } from '../contract/index.ts';
import type { Ended, Settled } from './serverMachine.ts';

type Rests<Rest> = Readonly<Record<string, Rest>>;

/**
 * What the group decides for each server once all of those that it moved rest. Pure: whoever knows where the servers rest
 * decides the same. All commit when all are live; else all go back, unless the policy lets those stay that serve the new
 * release. Somebody who stops it stops all of it.
 */
export function verdictsOf(
  rests: Rests<Settled>,
  policy: FailurePolicy,
  isCancelled: boolean,
): Readonly<Record<string, 'commit' | 'revert'>> {
  const stays = staysUnder(policy, rests, isCancelled);
  return Object.fromEntries(
    Object.entries(rests).map(([server, rest]) => [server, stays(rest) ? 'commit' : 'revert']),
  );
}

/** What a transaction comes to, once every server is at its end. */
export function outcomeOf(ends: Rests<Ended>): Outcome {
  const all = Object.values(ends);
  if (all.includes('stranded')) return 'stranded';
  return all.includes('pruned') ? 'committed' : 'compensated';
}

function staysUnder(
  policy: FailurePolicy,
  rests: Rests<Settled>,
  isCancelled: boolean,
): (rest: Settled) => boolean {
  if (isCancelled) return () => false;
  if (policy === 'revert-server') return (rest) => rest === 'live';
  if (policy === 'keep') return (rest) => rest === 'live' || rest === 'launchFailed';
  const isLive = Object.values(rests).every((rest) => rest === 'live');
  return () => isLive;
}
