import { z } from 'zod';
import { duration } from '../duration.ts';
import { pathOption, programOption } from '../server/options.ts';

export const Options = z.strictObject({
  /** Where the master's number is. Default: the only master that runs, of this user where there is no `command`. */
  pidFile: pathOption().optional(),
  /** What reloads it. Default: the signal USR2, which needs a master of the same user. */
  command: programOption().optional(),
  /** For the old workers to end. */
  timeout: duration().default(60_000),
});

export type Options = z.output<typeof Options>;
