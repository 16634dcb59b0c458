import { z } from 'zod';
import { duration } from '../duration.ts';
import { secretReference } from '../secret.ts';
import { urlFault } from './address.ts';

/** Options of everything that posts to a service; `retries` beside the first attempt. */
export const postOptions = {
  timeout: duration().default(5_000),
  retries: z.int().min(0).max(10).default(2),
  allowInsecure: z.boolean().default(false),
};

/** Where to. Most such addresses are secrets: whoever knows them may post. */
export function postUrl() {
  return z.union([z.string(), secretReference()], {
    error: 'expected a URL, or where it is: `{ env: NAME }`, `{ file: PATH }` or `{ command: "…" }`',
  });
}

/** For `superRefine` of an object with `url` and `allowInsecure`. */
export function checkUrl(
  { url, allowInsecure }: { readonly url?: unknown; readonly allowInsecure: boolean },
  context: z.RefinementCtx,
): void {
  const fault = typeof url === 'string' ? urlFault(url, allowInsecure) : null;
  if (fault !== null) context.addIssue({ code: 'custom', path: ['url'], message: fault });
}
