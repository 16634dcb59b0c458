import { z } from 'zod';
import { urlFault } from './address.ts';

/** An option for where an API is, without a slash at its end: the service's own, one of one's own servers, or a test's. */
export function apiUrl(standard: string) {
  return z
    .string()
    .default(standard)
    .transform((url) => url.replace(/\/+$/, ''));
}

/** For `superRefine` of an object with `apiUrl` and `allowInsecure`. */
export function checkApiUrl(
  { apiUrl: url, allowInsecure }: { readonly apiUrl: string; readonly allowInsecure: boolean },
  context: z.RefinementCtx,
): void {
  const fault = urlFault(url, allowInsecure);
  if (fault !== null) context.addIssue({ code: 'custom', path: ['apiUrl'], message: fault });
}
