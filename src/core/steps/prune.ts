import { patiently, type Step, type StepContext, shortly } from './context.ts';
import { isForeign, stateRecord, successRecord } from './records.ts';

/** Tells the ledger of the success, then removes what is no longer kept. */
export const prune: Step = async (context) => {
  const { engine, fence, plan, server } = context;
  await engine.prune(
    fence,
    { releases: server.prune, records: recordsOf(context), nonce: `${plan.release}-prune` },
    patiently(),
  );
  return { removed: server.prune };
};

/** Only tells the ledger of the success: what comes between that and the removal may fail. */
export async function recordSuccess(context: StepContext): Promise<void> {
  const request = { releases: [], records: recordsOf(context), nonce: `${context.plan.release}-prune` };
  await context.engine.prune(context.fence, request, shortly());
}

/** Going back calls the release that was left bad: no later rollback chooses it unless it is named. */
function recordsOf(context: StepContext): readonly string[] {
  const { plan, server, seen } = context;
  const left = server.current;
  const leftIsOurs = left !== null && seen.ledger.some((entry) => entry.release === left);
  const goesBack = plan.kind === 'rollback' && leftIsOurs && (isForeign(context) || left > plan.release);
  return [...(goesBack ? [stateRecord(context, left, 'bad')] : []), successRecord(context)];
}
