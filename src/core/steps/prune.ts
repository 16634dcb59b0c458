import { patiently, type Step, type StepContext } from './context.ts';
import { isForeign, stateRecord } from './records.ts';

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

/** Going back calls the release that was left bad: no later rollback chooses it unless it is named. */
function recordsOf(context: StepContext): readonly string[] {
  const { plan, server, seen } = context;
  const left = server.current;
  const leftIsOurs = left !== null && seen.ledger.some((entry) => entry.release === left);
  const goesBack = plan.kind === 'rollback' && leftIsOurs && (isForeign(context) || left > plan.release);
  return [
    ...(goesBack ? [stateRecord(context, left, 'bad')] : []),
    stateRecord(context, plan.release, 'succeeded'),
  ];
}
