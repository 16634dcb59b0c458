import { formatLedgerEntry, type LedgerEntry } from '../release/ledger.ts';
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
  return formatLedgerEntry(base(context, release, state));
}

/** A directory that cutover did not make has no line in the ledger, and gets none: it stays foreign, never removed. */
export function isForeign(context: StepContext): boolean {
  const { release, kind } = context.plan;
  return kind === 'rollback' && !context.seen.ledger.some((entry) => entry.release === release);
}

function base(context: StepContext, release: string, state: LedgerEntry['state']): LedgerEntry {
  return { release, state, at: context.now().toISOString(), by: context.by };
}
