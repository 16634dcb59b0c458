import { z } from 'zod';
import { duration } from '../duration.ts';
import { pathOption, programOption } from '../server/options.ts';

export const Options = z.strictObject({
  /** What looks whether the configuration is right, before anything is done. `false`: nothing does. */
  test: z.union([programOption(), z.literal(false)]).default(['nginx', '-t']),
  /** Where the master's number is. Default: the only master that runs, of this user where there is no `command`. */
  pidFile: pathOption().optional(),
  /** What reloads it. Default: the signal HUP, which needs a master of the same user. */
  command: programOption().optional(),
  /** For new workers to begin. */
  timeout: duration().default(30_000),
});

export type Options = z.output<typeof Options>;
