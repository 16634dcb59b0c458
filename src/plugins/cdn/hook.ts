import { defineExtension, type Hook, type HookContext } from '../../core/contract/index.ts';
import { headersOf } from '../http/headers.ts';
import { post } from '../http/post.ts';
import { refusalIn } from '../http/refusal.ts';
import { resolveText } from '../resolveText.ts';
import { Options } from './options.ts';

/** Tells a cache to forget, by one request for each address. */
export const hook = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Hook => ({ run: (context) => purge(options, context), interrupted: 'again' }),
});

async function purge(options: Options, context: HookContext): Promise<void> {
  const { method, status, timeout, retries, allowInsecure } = options;
  const headers = await headersOf(options.headers, context);
  const body = options.body === undefined ? '' : await resolveText(options.body, context);
  for (const each of options.url) {
    const url = await resolveText(each, context);
    const letter = { who: 'the cache', what: `the ${method}`, url, method, statuses: status, headers, body };
    const answer = await post({ ...letter, timeout, retries, allowInsecure, explain: refusalIn }, context);
    context.log(`${new URL(url).origin} took the ${method} with ${answer.status}`);
  }
}
