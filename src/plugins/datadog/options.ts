import { z } from 'zod';
import { apiUrl, checkApiUrl } from '../http/apiUrl.ts';
import { postOptions } from '../http/options.ts';
import { secretReference } from '../secret.ts';

export const Options = z
  .strictObject({
    /** An API key; an application key is not needed. */
    key: secretReference(),
    /** Beside those of the deployment. */
    tags: z.array(z.string().regex(/^[^\s,]{1,200}$/, 'expected a tag like `team:web`')).default([]),
    /** Of one's own site, for example https://api.datadoghq.eu */
    apiUrl: apiUrl('https://api.datadoghq.com'),
    ...postOptions,
  })
  .superRefine(checkApiUrl);

export type Options = z.output<typeof Options>;
