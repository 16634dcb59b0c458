import { z } from 'zod';
import { duration } from '../duration.ts';
import { programOption, reloadOptions } from '../server/options.ts';

export const Options = z.strictObject({
  /** What looks whether the configuration is right, before anything is done. `false`: nothing does. */
  test: z.union([programOption(), z.literal(false)]).default(['nginx', '-t']),
  ...reloadOptions,
  /** For new workers to begin. */
  timeout: duration().default(30_000),
});

export type Options = z.output<typeof Options>;
