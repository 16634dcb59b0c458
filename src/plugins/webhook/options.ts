import { z } from 'zod';
import { duration } from '../duration.ts';
import { secretReference } from '../secret.ts';
import { urlFault } from './url.ts';

export const Options = z
  .strictObject({
    /** Where to. Most such addresses are secrets: whoever knows them may post. */
    url: z.union([z.string(), secretReference()]),
    headers: z.record(z.string(), z.union([z.string(), secretReference()])).default({}),
    timeout: duration().default(5_000),
    on: z
      .array(z.enum(['started', 'committed', 'compensated', 'stranded']))
      .min(1)
      .optional(),
    allowInsecure: z.boolean().default(false),
  })
  .superRefine(({ url, allowInsecure }, context) => {
    const fault = typeof url === 'string' ? urlFault(url, allowInsecure) : null;
    if (fault !== null) context.addIssue({ code: 'custom', path: ['url'], message: fault });
  });

export type Options = z.output<typeof Options>;
