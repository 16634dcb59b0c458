import { defineNotifier } from '../defineNotifier.ts';
import { call } from '../http/call.ts';
import { withQuery } from '../http/query.ts';
import { resolveText } from '../resolveText.ts';
import { message } from './message.ts';
import { Options } from './options.ts';

/** Writes to a space by its webhook: https://developers.google.com/workspace/chat/quickstart/webhooks */
export const notifier = defineNotifier(Options, async (options, notice, scope) => {
  const address = await resolveText(options.url, scope);
  const isReply = options.thread !== undefined;
  const url = withQuery(address, {
    messageReplyOption: isReply ? 'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD' : undefined,
  });
  const headers = { 'content-type': 'application/json; charset=UTF-8' };
  await call(
    { ...options, who: 'Google Chat', url, headers, body: message(notice, options), meanings: MEANINGS },
    scope,
  );
});

const MEANINGS = {
  400: 'it does not accept the key, the token or the message',
  401: 'it does not accept the token',
  403: 'it does not accept the key or the token',
  404: 'there is no such space, or the webhook was removed',
};
