import { z } from 'zod';
import { apiUrl, checkApiUrl } from '../http/apiUrl.ts';
import { postOptions } from '../http/options.ts';
import { link } from '../notice/link.ts';
import { versionOption } from '../notice/version.ts';
import { secretReference } from '../secret.ts';

export const Options = z
  .strictObject({
    /** A user key. */
    key: secretReference(),
    /** GUID of what is deployed. It becomes a part of a query. */
    entity: z.string().regex(/^[\w+/=-]+$/, 'expected the GUID of an entity, as New Relic shows it'),
    version: versionOption(),
    link: link().optional(),
    /** In Europe: https://api.eu.newrelic.com */
    apiUrl: apiUrl('https://api.newrelic.com'),
    ...postOptions,
  })
  .superRefine(checkApiUrl);

export type Options = z.output<typeof Options>;
