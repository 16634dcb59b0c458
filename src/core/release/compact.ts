import { foldLedger, formatLedgerEntry, type LedgerEntry } from './ledger.ts';

/** A ledger with more lines is written anew. */
const LARGEST_LINES = 500;

/** Of releases that are gone, this many are still told of. */
const KEPT_OTHERS = 50;

export function isLong(ledger: readonly LedgerEntry[]): boolean {
  return ledger.length > LARGEST_LINES;
}

/**
 * The lines of a shorter ledger that says the same: one for each release on disk and for the last of the others, at the place
 * of its last line, and the line that pins or unpins, as it was.
 */
export function compactLedger(ledger: readonly LedgerEntry[], onDisk: readonly string[]): readonly string[] {
  const records = foldLedger(ledger);
  const last = new Map(ledger.map((entry, index) => [entry.release, index]));
  const there = new Set(onDisk);
  const others = [...last.keys()].filter((release) => !there.has(release));
  const kept = new Set([...onDisk, ...byPlace(others, last).slice(-KEPT_OTHERS)]);
  const pin = ledger.findLastIndex((entry) => entry.pinned !== undefined);
  return ledger.flatMap((entry, index) => {
    const isPin = index === pin && entry.pinned === true;
    if (last.get(entry.release) !== index || !kept.has(entry.release))
      return isPin ? [formatLedgerEntry(entry)] : [];
    const { pinned: _, ...record } = records.get(entry.release)!;
    return [formatLedgerEntry(isPin ? { ...record, pinned: true } : record)];
  });
}

function byPlace(releases: readonly string[], place: ReadonlyMap<string, number>): readonly string[] {
  return releases.toSorted((a, b) => place.get(a)! - place.get(b)!);
}
