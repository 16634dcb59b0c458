import { z } from 'zod';
import { apiUrl, checkApiUrl } from '../http/apiUrl.ts';
import { postOptions } from '../http/options.ts';
import { link } from '../notice/link.ts';
import { secretReference } from '../secret.ts';

export const Options = z
  .strictObject({
    /** With the right to write deployments. */
    token: secretReference(),
    repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'expected OWNER/REPOSITORY'),
    /** Where what is deployed can be seen. */
    link: link().optional(),
    /** Where the output of the deployment can be read. */
    logLink: link().optional(),
    /** Whether people use this environment. */
    production: z.boolean().optional(),
    /** Of GitHub Enterprise Server: https://HOST/api/v3 */
    apiUrl: apiUrl('https://api.github.com'),
    ...postOptions,
  })
  .superRefine(checkApiUrl);

export type Options = z.output<typeof Options>;
