import { z } from 'zod';
import { duration } from '../duration.ts';
import { oneOrMany } from '../oneOrMany.ts';
import { programOption } from '../server/options.ts';

export const Options = z.strictObject({
  /** The ecosystem file, as a path in the release. */
  file: z
    .string()
    .regex(/^(?!\/)(?!(.*\/)?\.\.(\/|$))[^\0\r\n]+$/, 'expected a path in the release, without `..`')
    .default('ecosystem.config.cjs'),
  /** Names of processes that have to run. Default: all that live below the deploy path. */
  apps: oneOrMany(z.string().min(1)).optional(),
  pm2: programOption().default(['pm2']),
  node: programOption().default(['node']),
  /** For example `PATH` or `PM2_HOME`. */
  variables: z.record(z.string(), z.string()).default({}),
  /** How long the same processes have to be online. */
  stable: duration().default(2_000),
  /** For them to come online. */
  timeout: duration().default(30_000),
});

export type Options = z.output<typeof Options>;
