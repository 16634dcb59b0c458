import { STEPS, type StepName } from '../contract/index.ts';
import type { Plan } from './types.ts';

/** The steps that have something to do, in order. A rollback sends and builds nothing. */
export function stepsOf(kind: Plan['kind']): readonly StepName[] {
  return kind === 'rollback' ? STEPS_OF_A_ROLLBACK : STEPS;
}

const STEPS_OF_A_ROLLBACK: readonly StepName[] = ['prepare', 'activate', 'postLaunch', 'prune'];
