import { foldLedger, formatLedgerEntry, type LedgerEntry } from '../release/ledger.ts';
import type { StepContext } from './context.ts';

/** The line of the ledger that calls the new release complete, with all there is to know of it. */
export function readyRecord(context: StepContext): string {
  const { plan } = context;
  return formatLedgerEntry({
    ...base(context, plan.release, 'ready'),
    revision: plan.revision,
    ...(plan.manifest === null ? {} : { manifest: plan.manifest }),
    configuration: plan.configuration,
  });
}

export function stateRecord(context: StepContext, release: string, state: LedgerEntry['state']): string {
  return formatLedgerEntry(stateEntry(context, release, state));
}

/**
 * How it ended where the release stays live. A rollback pins what it went to; a deployment that may undo one takes the pin away.
 * Who was left out is said here, because nothing can be written where it would have to stand. `kept`: it failed there; what a
 * rollback goes to has succeeded before all the same.
 */
export function endRecord(context: StepContext, { kept }: { readonly kept: boolean }): string {
  const { absent, kind, override, release, unpin } = context.plan;
  return formatLedgerEntry({
    ...stateEntry(context, release, kept && kind === 'deploy' ? 'active' : 'succeeded'),
    ...(kept && { kept }),
    ...(kind === 'rollback' ? { pinned: true } : unpin ? { pinned: false } : {}),
    ...(override === null ? {} : { override }),
    ...(absent.length > 0 ? { absent: absent.map(({ name }) => name) } : {}),
  });
}

/** Is the target of this rollback a directory that cutover did not make? */
export function isForeign(context: StepContext): boolean {
  const { release, kind } = context.plan;
  if (kind !== 'rollback') return false;
  const record = foldLedger(context.seen.ledger).get(release);
  return record === undefined || record.foreign === true;
}

function stateEntry(context: StepContext, release: string, state: LedgerEntry['state']): LedgerEntry {
  const foreign = release === context.plan.release && isForeign(context);
  return { ...base(context, release, state), ...(foreign ? { foreign } : {}) };
}

function base(context: StepContext, release: string, state: LedgerEntry['state']): LedgerEntry {
  return { release, state, at: context.now().toISOString(), by: context.by };
}
