import { z } from 'zod';
import { duration } from '../duration.ts';

export const Options = z.strictObject({
  for: duration(),
  /** Between two lines that tell the time left. */
  every: duration().default(10_000),
});

export type Options = z.output<typeof Options>;
