import { z } from 'zod';
import type { Notice, Scope } from '../../core/contract/index.ts';
import { defineNotifier } from '../defineNotifier.ts';
import { call, refused } from '../http/call.ts';
import { postFailure } from '../http/failure.ts';
import { jsonIn } from '../http/refusal.ts';
import { resolveText } from '../resolveText.ts';
import { message } from './message.ts';
import { Options } from './options.ts';

/**
 * Writes to a channel, by an incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks) or as
 * a bot (https://docs.slack.dev/reference/methods/chat.postMessage).
 */
export const notifier = defineNotifier(Options, (options, notice, scope) =>
  options.way.type === 'webhook'
    ? byWebhook(options, options.way, notice, scope)
    : asBot(options, options.way, notice, scope),
);

type Way<T extends Options['way']['type']> = Extract<Options['way'], { readonly type: T }>;

async function byWebhook(options: Options, way: Way<'webhook'>, notice: Notice, scope: Scope): Promise<void> {
  const url = await resolveText(way.url, scope);
  const request = { ...options, who: 'Slack', url, body: message(notice, options.link), meanings: MEANINGS };
  const answer = await call(request, scope);
  if (answer.body.trim() !== 'ok') throw refused(request, answer, 'it did not say `ok`');
}

const MEANINGS = {
  403: 'the webhook may not post there',
  404: 'there is no such webhook (any more)',
  410: 'the channel is archived',
};

/** Slack refuses with status 200. */
async function asBot(options: Options, way: Way<'bot'>, notice: Notice, scope: Scope): Promise<void> {
  const url = `${options.apiUrl}/chat.postMessage`;
  const headers = {
    authorization: `Bearer ${await resolveText(way.token, scope)}`,
    'content-type': 'application/json; charset=utf-8',
  };
  const body = { channel: way.channel, ...message(notice, options.link) };
  const answer = jsonIn(await call({ ...options, who: 'Slack', url, headers, body }, scope), Answer);
  if (answer?.ok !== true) throw postFailure('Slack', url, wordsFor(answer?.error));
}

const Answer = z.looseObject({ ok: z.boolean(), error: z.string().optional() });

function wordsFor(error: string | undefined): string {
  if (error === undefined) return 'its answer is not that of Slack';
  const words = ERRORS[error];
  return words === undefined ? error : `${words} (${error})`;
}

const ERRORS: Readonly<Record<string, string>> = {
  invalid_auth: 'it does not accept the token',
  not_authed: 'it does not accept the token',
  token_revoked: 'the token was revoked',
  missing_scope: 'the token lacks the right `chat:write`',
  not_in_channel: 'the bot is not in the channel: invite it',
  channel_not_found: 'there is no such channel, or the bot does not see it',
  is_archived: 'the channel is archived',
};
