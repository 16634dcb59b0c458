import { z } from 'zod';
import { duration } from '../duration.ts';
import { oneOrMany } from '../oneOrMany.ts';
import { secretReference } from '../secret.ts';

const status = z.int().min(100).max(599);

export const Options = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'expected a URL that begins with http:// or https://' }),
  /** Any of these is right. */
  status: oneOrMany(status).default([200]),
  /** Text that the body has to contain. */
  contains: z.string().min(1).optional(),
  /** Headers that the answer has to have, with these values. */
  header: z.record(z.string(), z.string()).default({}),
  /** Headers to send. */
  headers: z.record(z.string(), z.union([z.string(), secretReference()])).default({}),
  deadline: duration().default(30_000),
  interval: duration().default(1_000),
  /** Of one request. */
  timeout: duration().default(5_000),
});

export type Options = z.output<typeof Options>;
