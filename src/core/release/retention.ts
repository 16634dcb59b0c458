import { isReleaseId } from './id.ts';
import type { LedgerRecord } from './ledger.ts';

export interface RetentionFacts {
  readonly ledger: ReadonlyMap<string, LedgerRecord>;
  /** Directories of `releases/`. */
  readonly onDisk: readonly string[];
  /** What will be live. It counts as one of those that are kept. */
  readonly current: string;
  /** Never removed, whatever their state; they take the first places of `keep`. */
  readonly pinned: readonly string[];
  readonly keep: number | 'all';
}

/** Of those that never succeeded, or were rolled back: the newest stays, for whoever wants to look into it. */
const KEPT_OTHERS = 1;

/**
 * The releases to remove, oldest first. `keep` counts those that succeeded, the current one included, in the order of
 * their ids, never of their times on disk. What the ledger does not know is not ours and stays.
 */
export function releasesToRemove(facts: RetentionFacts): readonly string[] {
  if (facts.keep === 'all') return [];
  const ours = facts.onDisk.filter((id) => isOurs(id, facts.ledger) && id !== facts.current);
  const pinned = ours.filter((id) => facts.pinned.includes(id));
  const newestFirst = ours
    .filter((id) => !pinned.includes(id))
    .sort()
    .reverse();
  const succeeded = newestFirst.filter((id) => facts.ledger.get(id)?.state === 'succeeded');
  const others = newestFirst.filter((id) => facts.ledger.get(id)?.state !== 'succeeded');
  const places = Math.max(0, facts.keep - 1 - pinned.length);
  return [...succeeded.slice(places), ...others.slice(KEPT_OTHERS)].sort();
}

function isOurs(id: string, ledger: ReadonlyMap<string, LedgerRecord>): boolean {
  const record = ledger.get(id);
  return record !== undefined && record.foreign !== true && isReleaseId(id);
}

/** Where a rollback goes: the last release before `current` that succeeded and is still on disk; null when there is none. */
export function rollbackTarget(
  ledger: ReadonlyMap<string, LedgerRecord>,
  onDisk: readonly string[],
  current: string,
): string | null {
  return rollbackCandidates(ledger, onDisk, current).at(-1) ?? null;
}

/** Releases that succeeded, before `current`, oldest first. */
export function rollbackCandidates(
  ledger: ReadonlyMap<string, LedgerRecord>,
  onDisk: readonly string[],
  current: string,
): readonly string[] {
  return [...onDisk].sort().filter((id) => id < current && isGood(ledger.get(id)));
}

function isGood(record: LedgerRecord | undefined): boolean {
  return record?.state === 'succeeded' && record.foreign !== true;
}
