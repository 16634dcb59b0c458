import { isReleaseId } from './id.ts';
import type { LedgerRecord } from './ledger.ts';

export interface RetentionFacts {
  readonly ledger: ReadonlyMap<string, LedgerRecord>;
  /** Directories of `releases/`. */
  readonly onDisk: readonly string[];
  /** What will be live. It counts as one of those that are kept. */
  readonly current: string;
  /** What is live until now, null when nothing is. It stays unless `keep` is 1, whatever became of it. */
  readonly live: string | null;
  /** What somebody went back to and wants to stay live, or null. */
  readonly pinned: string | null;
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
  const safe = new Set(safeReleases(facts));
  const newestFirst = ours
    .filter((id) => !safe.has(id))
    .sort()
    .reverse();
  const succeeded = newestFirst.filter((id) => facts.ledger.get(id)?.state === 'succeeded');
  const others = newestFirst.filter((id) => facts.ledger.get(id)?.state !== 'succeeded');
  const places = Math.max(0, facts.keep - 1 - ours.filter((id) => safe.has(id)).length);
  return [...succeeded.slice(places), ...others.slice(KEPT_OTHERS)].sort();
}

/** They take the first places of `keep`, and stay even where it has fewer. */
function safeReleases({ ledger, onDisk, current, live, pinned, keep }: RetentionFacts): readonly string[] {
  // What was live and never called a success is none to go back to.
  const previous = keep === 1 ? [] : [live, rollbackTarget(ledger, onDisk, current)];
  return [pinned, ...previous].flatMap((id) => id ?? []);
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
