import { z } from 'zod';
import { postOptions } from '../http/options.ts';
import { link } from '../notice/link.ts';
import { secretReference } from '../secret.ts';

export const Options = z.strictObject({
  /** Of a workflow "Send webhook alerts to a channel" (or chat). */
  url: secretReference(),
  link: link().optional(),
  ...postOptions,
});

export type Options = z.output<typeof Options>;
