import { z } from 'zod';
import { apiUrl, checkApiUrl } from '../http/apiUrl.ts';
import { postOptions } from '../http/options.ts';
import { secretReference } from '../secret.ts';

const CHAT = 'expected the id of a chat, or a name that begins with @';

export const Options = z
  .strictObject({
    /** What @BotFather gave. */
    token: secretReference(),
    /** Id of a chat, or the `@name` of a public channel. */
    chat: z.union([z.int(), z.string().regex(/^(@\w+|-?\d+)$/, CHAT)], { error: CHAT }),
    /** Id of a topic of that chat. */
    thread: z.int().positive().optional(),
    /** Without a sound. */
    silent: z.boolean().default(false),
    apiUrl: apiUrl('https://api.telegram.org'),
    ...postOptions,
  })
  .superRefine(checkApiUrl);

export type Options = z.output<typeof Options>;
