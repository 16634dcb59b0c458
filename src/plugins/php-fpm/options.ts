import { z } from 'zod';
import { duration } from '../duration.ts';
import { reloadOptions } from '../server/options.ts';

export const Options = z.strictObject({
  ...reloadOptions,
  /** For the old workers to end. */
  timeout: duration().default(60_000),
});

export type Options = z.output<typeof Options>;
