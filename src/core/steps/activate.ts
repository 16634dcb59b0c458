import type { ActivateRequest, Armed, RenameMethod, Switched } from '../remote/engine.ts';
import { type Step, type StepContext, shortly } from './context.ts';
import { stateRecord } from './records.ts';

/**
 * Switches `current` in one rename. A release that a rollback goes to is in the ledger already; what becomes of it is
 * written when the rollback has succeeded.
 */
export const activate: Step = async (context) => {
  const { armed, plan } = context;
  const switched = armed === null ? await inOneGo(context) : await armed.fire(shortly());
  return { release: plan.release, ...sinceEpoch(context, switched) };
};

/** Prepares the switch, so that one message remains; null where the engine cannot. */
export async function arm(context: StepContext): Promise<Armed | null> {
  const { clockMs, engine, fence } = context;
  return (await engine.arm?.(fence, { ...requestOf(context), clockMs }, shortly())) ?? null;
}

async function inOneGo(context: StepContext): Promise<Switched> {
  const { clockMs, engine, fence } = context;
  const earliestMs = clockMs();
  await engine.activate(fence, requestOf(context), shortly());
  return { earliestMs, latestMs: clockMs() };
}

function requestOf(context: StepContext): ActivateRequest {
  const { plan, server } = context;
  return {
    release: plan.release,
    expected: server.expects.current,
    method: provenMethod(context),
    active: plan.kind === 'deploy' ? stateRecord(context, plan.release, 'active') : null,
  };
}

/** Null when this is another life of the transaction: the server's journal does not keep what steps gave. */
function provenMethod(context: StepContext): RenameMethod | null {
  const output = context.outputOf('prepare') as { readonly method?: RenameMethod } | null;
  return output?.method ?? null;
}

/** Another life of the transaction has another monotonic clock. */
function sinceEpoch({ clockBeginMs }: StepContext, { earliestMs, latestMs }: Switched) {
  return { earliestMs: clockBeginMs + earliestMs, latestMs: clockBeginMs + latestMs };
}
