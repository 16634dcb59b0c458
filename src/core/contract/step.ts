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
