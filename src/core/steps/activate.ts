import type { RenameMethod } from '../remote/engine.ts';
import { type Step, type StepContext, shortly } from './context.ts';
import { stateRecord } from './records.ts';

/**
 * Switches `current` in one rename. A release that a rollback goes to is in the ledger already; what becomes of it is
 * written when the rollback has succeeded.
 */
export const activate: Step = async (context) => {
  const { engine, fence, plan, server } = context;
  await engine.activate(
    fence,
    {
      release: plan.release,
      expected: server.expects.current,
      method: provenMethod(context),
      active: plan.kind === 'deploy' ? stateRecord(context, plan.release, 'active') : null,
    },
    shortly(),
  );
  return { release: plan.release };
};

/** Null when this is another life of the transaction: the server's journal does not keep what steps gave. */
function provenMethod(context: StepContext): RenameMethod | null {
  const output = context.outputOf('prepare') as { readonly method?: RenameMethod } | null;
  return output?.method ?? null;
}
