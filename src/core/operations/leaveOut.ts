import { type CutoverError, type ErrorCode, errorCode, messageOf } from '../contract/index.ts';
import type { AbsentServer } from '../plan/types.ts';
import type { Observation } from '../remote/observation.ts';
import { collectFailures, type ServerFailure } from './failures.ts';
import { failuresOf, type Group, type Looks, narrowGroup, seenOf } from './openGroup.ts';
import { emitNow, type Runtime } from './runtime.ts';

/** What a group is once those of its servers that cannot be reached are left out. */
export interface Reached {
  readonly group: Group;
  readonly seen: ReadonlyMap<string, Observation>;
  readonly absent: readonly AbsentServer[];
}

/** A login or a host key that is refused is a mistake, which nobody wants to have passed over. */
const OUT_OF_REACH: ReadonlySet<ErrorCode | null> = new Set(['E_UNREACHABLE', 'E_TIMEOUT', 'E_UNKNOWN']);

export function isOutOfReach(error: unknown): boolean {
  return OUT_OF_REACH.has(errorCode(error));
}

/**
 * Leaves out up to `most` servers that are out of reach, and tells why. Rejects as `allSeen` does when there are more, when none is
 * left, or when one fails in another way.
 */
export function leaveOut(runtime: Runtime, group: Group, looks: Looks, most: number): Reached {
  const failures = failuresOf(looks);
  const seen = seenOf(looks);
  if (failures.length === 0) return { group, seen, absent: [] };
  if (failures.length > most || seen.size === 0 || !failures.every(({ error }) => isOutOfReach(error)))
    throw refusal(failures, seen.size, most);
  for (const { server, error } of failures)
    emitNow(runtime, { type: 'log', server, message: `Left out: ${messageOf(error)}` });
  return {
    group: narrowGroup(group, [...seen.keys()]),
    seen,
    absent: failures.map(({ server }) => ({ name: server, why: 'unreachable' })),
  };
}

function refusal(failures: readonly ServerFailure[], reached: number, most: number): CutoverError {
  if (!failures.every(({ error }) => isOutOfReach(error)))
    return collectFailures('Nothing was touched.', failures);
  const count = failures.length;
  const headline =
    most === 0
      ? 'Nothing was touched.'
      : reached === 0
        ? 'Nothing was touched. No server can be reached, and one has to be.'
        : `Nothing was touched. ${count} servers are out of reach, and ${most} may be.`;
  const hint = `To go on without: --max-unreachable ${count}. What is left behind then is brought up later, by "cutover catch-up".`;
  return collectFailures(headline, failures, reached > 0 ? [hint] : []);
}
