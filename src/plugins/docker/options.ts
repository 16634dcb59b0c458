import { z } from 'zod';
import { duration } from '../duration.ts';

export const Options = z.strictObject({
  /** By name or id. */
  container: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, { error: 'expected the name or the id of a container' }),
  /** `NAME`, `UID` or either with `:GROUP`. Default: the container's. */
  user: z
    .string()
    .regex(/^[^\s\0-][^\s\0]*$/, {
      error: 'expected a user of the container, like `www-data` or `1000:1000`',
    })
    .optional(),
  /** `docker`, `podman`, or a path. */
  program: z.string().min(1).default('docker'),
  /** The engine, for example `tcp://…` or `ssh://…`. Default: `DOCKER_HOST`, or the program's context. */
  host: z.string().min(1).optional(),
  connectTimeout: duration().default(20_000),
  keepaliveInterval: duration().default(10_000),
  keepaliveCountMax: z.int().min(1).max(100).default(3),
});

export type Options = z.output<typeof Options>;
