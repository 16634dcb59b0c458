import { z } from 'zod';
import { postOptions } from '../http/options.ts';
import { link } from '../notice/link.ts';
import { secretReference } from '../secret.ts';

export const Options = z.strictObject({
  /** Of a webhook of a space. */
  url: secretReference(),
  /** A name of one's own: messages with the same one stand in one thread. */
  thread: z.string().min(1).max(4000).optional(),
  link: link().optional(),
  ...postOptions,
});

export type Options = z.output<typeof Options>;
