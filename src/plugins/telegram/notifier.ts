import { z } from 'zod';
import { CutoverError, type Notice } from '../../core/contract/index.ts';
import { defineNotifier } from '../defineNotifier.ts';
import { call, refused } from '../http/call.ts';
import { jsonIn } from '../http/refusal.ts';
import { cut } from '../notice/cut.ts';
import { withoutMentions } from '../notice/escape.ts';
import { textOf } from '../notice/lines.ts';
import { resolveText } from '../resolveText.ts';
import { Options } from './options.ts';

/** Writes to a chat as a bot, without any markup: https://core.telegram.org/bots/api#sendmessage */
export const notifier = defineNotifier(Options, async (options, notice, scope) => {
  const token = await resolveText(options.token, scope);
  // It becomes a part of a path.
  if (!/^\d+:[\w-]+$/.test(token))
    throw new CutoverError('E_PLUGIN', 'The token of Telegram is none: it has the form `123456:ABC-…`.');
  const url = `${options.apiUrl}/bot${token}/sendMessage`;
  const request = { ...options, who: 'Telegram', url, body: message(options, notice), meanings: MEANINGS };
  const answer = await call(request, scope);
  if (jsonIn(answer, Taken) === null) throw refused(request, answer, 'its answer is not that of Telegram');
});

const MEANINGS = { 401: 'it does not accept the token', 404: 'it does not know the token' };

const Taken = z.looseObject({ ok: z.literal(true) });

function message({ chat, thread, silent }: Options, notice: Notice): object {
  return {
    chat_id: chat,
    text: cut(withoutMentions(textOf(notice)), MOST_TEXT),
    ...(thread === undefined ? {} : { message_thread_id: thread }),
    disable_notification: silent,
    link_preview_options: { is_disabled: true },
  };
}

const MOST_TEXT = 4096;
