import { z } from 'zod';
import { apiUrl, checkApiUrl } from '../http/apiUrl.ts';
import { postOptions } from '../http/options.ts';
import { secretReference } from '../secret.ts';

const some = z.array(z.string().min(1)).min(1);

/** What to purge, by the names of the API. */
export const KINDS = ['files', 'tags', 'hosts', 'prefixes'] as const;

export const Options = z
  .strictObject({
    /** 32 hexadecimal digits, on the zone's page. */
    zone: z.string().regex(/^[0-9a-f]{32}$/, 'expected the ID of a zone: 32 digits and small letters'),
    /** Of an API token that may purge the cache of the zone. */
    token: secretReference(),
    everything: z.literal(true).optional(),
    files: z
      .array(z.url({ protocol: /^https?$/, error: 'expected a URL that begins with http:// or https://' }))
      .min(1)
      .optional(),
    tags: some.optional(),
    hosts: some.optional(),
    /** Without a scheme: `www.example.com/news`. */
    prefixes: z
      .array(z.string().regex(/^(?!https?:\/\/)./, 'expected a host and a path, without https://'))
      .min(1)
      .optional(),
    apiUrl: apiUrl('https://api.cloudflare.com/client/v4'),
    ...postOptions,
  })
  .superRefine((options, context) => {
    checkApiUrl(options, context);
    const named = (['everything', ...KINDS] as const).filter((name) => options[name] !== undefined);
    if (named.length === 1) return;
    const message = `expected one of \`everything: true\`, ${KINDS.map((kind) => `\`${kind}\``).join(', ')}`;
    context.addIssue({ code: 'custom', path: named.slice(1, 2), message });
  });

export type Options = z.output<typeof Options>;
