/** The steps of a transaction on one server, in order. */
export const STEPS = [
  'prepare',
  'syncCache',
  'linkRelease',
  'postUpload',
  'activate',
  'postLaunch',
  'prune',
] as const;

export type StepName = (typeof STEPS)[number];

/** The three ways a transaction can end. */
export type Outcome = 'committed' | 'compensated' | 'stranded';

/**
 * What becomes of a group when a server fails after its activation. `revert-all`: every server goes back.
 * `revert-server`: that server goes back, and those that were not switched yet stay as they are. `keep`: it stays as well.
 */
export type FailurePolicy = 'revert-all' | 'revert-server' | 'keep';
