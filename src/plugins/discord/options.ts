import { z } from 'zod';
import { postOptions } from '../http/options.ts';
import { link } from '../notice/link.ts';
import { secretReference } from '../secret.ts';

export const Options = z.strictObject({
  /** Of a webhook of a channel. */
  url: secretReference(),
  /** Id of a thread of that channel. In quotes: it has more digits than a number keeps. */
  thread: z.string().regex(/^\d+$/, 'expected the id of a thread: digits in quotes').optional(),
  link: link().optional(),
  ...postOptions,
});

export type Options = z.output<typeof Options>;
