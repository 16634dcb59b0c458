import { z } from 'zod';
import { apiUrl, checkApiUrl } from '../http/apiUrl.ts';
import { postOptions } from '../http/options.ts';
import { link } from '../notice/link.ts';
import { versionOption } from '../notice/version.ts';
import { secretReference } from '../secret.ts';

const slug = z.string().regex(/^[\w-]+$/, 'expected a name as it stands in the URLs of Sentry');

export const Options = z
  .strictObject({
    /** Of an organization or an internal integration, with the right `project:releases`. */
    token: secretReference(),
    organization: slug,
    projects: z.array(slug).min(1),
    version: versionOption(),
    /** Before the version, such as `shop@`: together they are what the SDK calls its release. */
    prefix: z
      .string()
      .max(100)
      .regex(/^[^\s/\\]*$/, 'expected a text without spaces and slashes')
      .default(''),
    /** As Sentry knows it, `organization/repository`: it finds the commits between two versions then. */
    repository: z.string().min(1).optional(),
    link: link().optional(),
    /** Of another region, or of one's own: without `/api/0`. */
    apiUrl: apiUrl('https://sentry.io'),
    ...postOptions,
  })
  .superRefine(checkApiUrl);

export type Options = z.output<typeof Options>;
