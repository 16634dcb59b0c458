import { defineNotifier } from '../defineNotifier.ts';
import { call } from '../http/call.ts';
import { withQuery } from '../http/query.ts';
import { resolveText } from '../resolveText.ts';
import { message } from './message.ts';
import { Options } from './options.ts';

/** Writes to a channel by its webhook: https://docs.discord.com/developers/resources/webhook#execute-webhook */
export const notifier = defineNotifier(Options, async (options, notice, scope) => {
  const address = await resolveText(options.url, scope);
  // Without `wait` a message that is not kept is no error.
  const url = withQuery(address, { wait: 'true', thread_id: options.thread });
  await call(
    { ...options, who: 'Discord', url, body: message(notice, options.link), meanings: MEANINGS },
    scope,
  );
});

const MEANINGS = { 401: 'the token of the webhook is wrong', 404: 'there is no such webhook (any more)' };
