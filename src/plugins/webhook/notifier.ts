import { createHmac, randomUUID } from 'node:crypto';
import { defineNotifier } from '../defineNotifier.ts';
import { headersOf } from '../http/headers.ts';
import { post } from '../http/post.ts';
import { resolveText } from '../resolveText.ts';
import { Options } from './options.ts';

/**
 * Posts each notice as JSON, signed where there is a secret. `id` and `at` are part of what is signed, so that a receiver knows
 * again what it had before, and what is old.
 */
export const notifier = defineNotifier(Options, async (options, notice, scope) => {
  const [url, given, secret] = await Promise.all([
    resolveText(options.url, scope),
    headersOf(options.headers, scope),
    options.secret === undefined ? null : resolveText(options.secret, scope),
  ]);
  const id = randomUUID();
  const body = JSON.stringify({ id, ...notice });
  const headers = {
    ...given,
    'content-type': 'application/json',
    'x-cutover-delivery': id,
    ...(secret === null ? {} : { 'x-cutover-signature-256': signature(secret, body) }),
  };
  await post({ who: 'the webhook', ...options, url, headers, body }, scope);
});

/** In the form of GitHub's: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
function signature(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
