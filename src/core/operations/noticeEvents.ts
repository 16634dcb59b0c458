import type { Notice, NoticeEvent } from '../contract/index.ts';
import type { LedgerEntry } from '../release/ledger.ts';
import type { TransactionResult } from './results.ts';

/** What happened, for notices. */
export interface Happened {
  readonly event: Notice['event'];
  readonly kind: Notice['kind'];
  /** Null: it has just started. */
  readonly result: Pick<TransactionResult, 'servers'> | null;
  readonly isAfterFailure: boolean;
}

/** All that it is. Where a policy lets servers stay that others did not come to, it has failed, although it is committed. */
export function noticeEvents({ event, kind, result, isAfterFailure }: Happened): readonly NoticeEvent[] {
  if (event === 'started') return ['started'];
  if (event !== 'committed') return ['failed', event];
  if (hasLeftBehind(result)) return ['failed'];
  const back: readonly NoticeEvent[] = isAfterFailure ? ['backToSuccess'] : [];
  return ['succeeded', ...(kind === 'rollback' ? (['rolledBack'] as const) : []), ...back];
}

/** A server failed, and the others did not go back with it. */
export function hasLeftBehind(result: Happened['result']): boolean {
  return (
    result?.servers.some(({ outcome, failure }) => outcome === 'compensated' || failure !== null) ?? false
  );
}

/**
 * Had the transaction before this one failed, on any server that it was about? The newest line of the ledgers of a group
 * tells which release that brought; what never succeeded has failed, since nothing is in progress under a lock. `before`
 * leaves out what a transaction that is gone on with wrote itself: ISO 8601.
 */
export function isAfterFailure(
  ledgers: Iterable<readonly LedgerEntry[]>,
  before: string | null = null,
): boolean {
  const lasts = [...ledgers].flatMap(
    (entries) => entries.findLast(({ at }) => before === null || at < before) ?? [],
  );
  const newest = lasts.toSorted((a, b) => (a.at < b.at ? 1 : -1))[0];
  return lasts.some(
    ({ release, state, kept }) => release === newest?.release && (kept === true || UNSUCCESSFUL.has(state)),
  );
}

const UNSUCCESSFUL: ReadonlySet<string> = new Set(['ready', 'active', 'failed']);
