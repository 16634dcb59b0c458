import { isAtEnd, type LedgerRecord } from '../release/ledger.ts';
import type { Observation } from '../remote/observation.ts';
import { liveRecord, liveRelease } from './planDeployment.ts';

/** What all servers of a group should serve. */
export interface GroupRelease extends LedgerRecord {
  /** Servers that were left out when it was deployed, as the others' ledgers say. */
  readonly leftOut: ReadonlySet<string>;
}

/**
 * Of the releases that are live and succeeded, or were kept by their policy although they failed, the one with the newest line
 * in a ledger: an older one, when the last thing that somebody did was to go back. Null when no server serves any. That a
 * kept one counts is what the policy says: who fails stays on the new release, and the others are to follow.
 */
export function groupReleaseOf(seen: ReadonlyMap<string, Observation>): GroupRelease | null {
  const live = [...seen.values()].flatMap((each) => {
    const record = liveRecord(each);
    return record !== null && isAtEnd(record) ? [record] : [];
  });
  const newest = live.toSorted(byTime).at(-1);
  if (newest === undefined) return null;
  const same = live.filter(({ release }) => release === newest.release);
  return { ...newest, leftOut: new Set(same.flatMap(({ absent }) => absent ?? [])) };
}

/** Does the server not serve what its group does? */
export function isBehind(group: GroupRelease | null, seen: Observation): group is GroupRelease {
  return group !== null && liveRelease(seen) !== group.release;
}

/** Times of one second stand in the order of their releases. */
function byTime(a: LedgerRecord, b: LedgerRecord): number {
  return a.at === b.at ? (a.release < b.release ? -1 : 1) : a.at < b.at ? -1 : 1;
}
