import { z } from 'zod';
import { checkUrl, postOptions, postUrl } from '../http/options.ts';
import { oneOrMany } from '../oneOrMany.ts';
import { secretReference } from '../secret.ts';

const text = z.union([z.string(), secretReference()]);

export const Options = z
  .strictObject({
    /** Asked one after the other. */
    url: oneOrMany(postUrl()),
    /** A token of RFC 9110, 5.6.2. */
    method: z
      .string()
      .regex(/^[A-Z][A-Z0-9_-]*$/, 'expected a method in capital letters, like PURGE or POST')
      .default('PURGE'),
    headers: z.record(z.string(), text).default({}),
    body: text.optional(),
    status: oneOrMany(z.int().min(100).max(599)).optional(),
    ...postOptions,
  })
  .superRefine(({ url: urls, allowInsecure }, context) => {
    for (const url of urls) checkUrl({ url, allowInsecure }, context);
  });

export type Options = z.output<typeof Options>;
