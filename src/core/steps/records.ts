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
  const foreign = release === context.plan.release && isForeign(context);
  return formatLedgerEntry({ ...base(context, release, state), ...(foreign ? { foreign } : {}) });
}

/** Is the target of this rollback a directory that cutover did not make? */
export function isForeign(context: StepContext): boolean {
  const { release, kind } = context.plan;
  if (kind !== 'rollback') return false;
  const record = foldLedger(context.seen.ledger).get(release);
  return record === undefined || record.foreign === true;
}

function base(context: StepContext, release: string, state: LedgerEntry['state']): LedgerEntry {
  return { release, state, at: context.now().toISOString(), by: context.by };
}
