import { z } from 'zod';
import { apiUrl, checkApiUrl } from '../http/apiUrl.ts';
import { postOptions } from '../http/options.ts';
import { link } from '../notice/link.ts';
import { secretReference } from '../secret.ts';

export const Options = z
  .strictObject({
    /** Of an incoming webhook. */
    url: secretReference().optional(),
    /** Of a bot with the right `chat:write`, instead of `url`. */
    token: secretReference().optional(),
    /** Id or name; only with `token`: a webhook belongs to its channel. */
    channel: z.string().min(1).optional(),
    link: link().optional(),
    apiUrl: apiUrl('https://slack.com/api'),
    ...postOptions,
  })
  .superRefine(checkApiUrl)
  .transform(({ url, token, channel, ...rest }, context) => {
    if (url !== undefined && token === undefined && channel === undefined)
      return { ...rest, way: { type: 'webhook', url } as const };
    if (url === undefined && token !== undefined && channel !== undefined)
      return { ...rest, way: { type: 'bot', token, channel } as const };
    context.addIssue({ code: 'custom', message: 'expected either `url`, or `token` and `channel`' });
    return z.NEVER;
  });

export type Options = z.output<typeof Options>;
