import type { LedgerEntry } from './ledger.ts';

/** Somebody went back to this release and wants it to stay live: a deployment must not undo that silently. */
export interface Pin {
  readonly release: string;
  readonly by: string | null;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * What a server is pinned to: a rollback pins, a deployment that was told to do so unpins. Lines that say
 * neither, as those of a compensation, leave it as it was.
 */
export function pinOf(ledger: readonly LedgerEntry[]): Pin | null {
  const last = ledger.findLast((entry) => entry.pinned !== undefined);
  return last?.pinned === true ? { release: last.release, by: last.by ?? null, at: last.at } : null;
}
