import { compactLedger, isLong } from '../release/compact.ts';
import { parseLedger } from '../release/ledger.ts';
import type { PruneRequest, ReleaseInUse } from '../remote/engine.ts';
import { patiently, type Step, type StepContext, shortly } from './context.ts';
import { endRecord, isForeign, stateRecord } from './records.ts';

/** Tells the ledger how it ended, then removes what is no longer kept and used by nobody. */
export const prune: Step = async (context) => {
  const { plan } = context;
  // What it could be rolled back to stays.
  const server = isKept(context) ? { prune: [] } : context.server;
  const records = recordsOf(context);
  const inUse = await pruneOnce(context, {
    releases: server.prune,
    records,
    ledger: await shorterLedger(context, records),
    nonce: `${plan.release}-prune`,
  });
  for (const { release, process, name } of inUse)
    await context.problem(`the release ${release} is in use by process ${process} (${name}) and stays`);
  const stay = new Set(inUse.map(({ release }) => release));
  return { removed: server.prune.filter((release) => !stay.has(release)) };
};

/** A ledger to be written anew is the rare case, and goes the longer way. */
async function pruneOnce(context: StepContext, request: PruneRequest): Promise<readonly ReleaseInUse[]> {
  const { engine, fence, pruneLast } = context;
  if (pruneLast !== null && request.ledger === null) return pruneLast(request);
  return (await engine.prune(fence, request, patiently())).inUse;
}

/** Only tells the ledger how it ended: what comes between that and the removal may fail. */
export async function recordEnd(context: StepContext): Promise<void> {
  const nonce = `${context.plan.release}-prune`;
  const request = { releases: [], records: recordsOf(context), ledger: null, nonce };
  await context.engine.prune(context.fence, request, shortly());
}

/** A ledger that grew long is written anew; what this transaction added to it is read first. */
async function shorterLedger(
  context: StepContext,
  records: readonly string[],
): Promise<readonly string[] | null> {
  if (!isLong(context.seen.ledger)) return null;
  const { ledger, releases } = await context.engine.observe([], shortly());
  return compactLedger([...ledger, ...parseLedger(records.join('\n'))], releases);
}

/** Going back calls the release that was left bad: no later rollback chooses it unless it is named. */
function recordsOf(context: StepContext): readonly string[] {
  const { plan, server, seen } = context;
  const left = server.current;
  const leftIsOurs = left !== null && seen.ledger.some((entry) => entry.release === left);
  const goesBack = plan.kind === 'rollback' && leftIsOurs && (isForeign(context) || left > plan.release);
  return [
    ...(goesBack ? [stateRecord(context, left, 'bad')] : []),
    endRecord(context, { kept: isKept(context) }),
  ];
}

/** It failed, and its policy lets it stay. */
function isKept(context: StepContext): boolean {
  return context.hasFailed('postLaunch');
}
