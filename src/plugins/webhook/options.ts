import { z } from 'zod';
import { checkUrl, postOptions, postUrl } from '../http/options.ts';
import { secretReference } from '../secret.ts';

export const Options = z
  .strictObject({
    url: postUrl(),
    headers: z.record(z.string(), z.union([z.string(), secretReference()])).default({}),
    /** What the receiver knows, too: it can tell then who sent a notice, and that nobody changed it. */
    secret: secretReference().optional(),
    ...postOptions,
  })
  .superRefine(checkUrl);

export type Options = z.output<typeof Options>;
