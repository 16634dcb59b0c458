import { CutoverError } from '../contract/index.ts';
import type { RenameMethod } from '../remote/engine.ts';
import { type Step, type StepContext, shortly } from './context.ts';
import { isForeign, stateRecord } from './records.ts';

/** Switches `current` in one rename. */
export const activate: Step = async (context) => {
  const { engine, fence, plan, server } = context;
  await engine.activate(
    fence,
    {
      release: plan.release,
      expected: server.expects.current,
      method: provenMethod(context),
      active: isForeign(context) ? null : stateRecord(context, plan.release, 'active'),
    },
    shortly(),
  );
  return { release: plan.release };
};

function provenMethod(context: StepContext): RenameMethod {
  const output = context.outputOf('prepare') as { readonly method?: RenameMethod } | null;
  if (output?.method) return output.method;
  throw new CutoverError(
    'E_BUG',
    `${context.server.name}: activation was reached without the trial of "prepare".`,
  );
}
