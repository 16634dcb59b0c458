import { CutoverError, messageOf } from '../contract/index.ts';
import { type ReleasedLock, whatIsServed } from '../lock/release.ts';
import type { Plan } from '../plan/types.ts';

/** Before anything was touched. */
export function journalRefused(path: string, cause: unknown): CutoverError {
  return new CutoverError(
    'E_REFUSED',
    `The journal ${path} cannot be written: ${messageOf(cause)}. Nothing was touched.`,
    { hint: 'Make room for it, or let it be written; XDG_STATE_HOME says where journals are kept.', cause },
  );
}

/** In the middle: nobody may go on without a journal, so all stays as it was read back. */
export function journalLost(plan: Plan, cause: unknown, released: readonly ReleasedLock[]): CutoverError {
  const served = released.map(whatIsServed);
  return new CutoverError(
    'E_STRANDED',
    `The journal cannot be written any more: ${messageOf(cause)}. It was stopped there.\n${served.join('\n')}`,
    { hint: `cutover status ${plan.environment}`, cause },
  );
}
