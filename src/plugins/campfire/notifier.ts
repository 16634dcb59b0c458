import { CutoverError } from '../../core/contract/index.ts';
import { defineNotifier } from '../defineNotifier.ts';
import { call } from '../http/call.ts';
import { cut } from '../notice/cut.ts';
import { escapeHtmlLines } from '../notice/escape.ts';
import { textOf } from '../notice/lines.ts';
import { resolveText } from '../resolveText.ts';
import { Options } from './options.ts';

/**
 * Writes to a room of ONCE Campfire as a bot. The body of the request is the message; Campfire keeps it as HTML:
 * https://github.com/basecamp/once-campfire/blob/main/app/controllers/messages/by_bots_controller.rb
 */
export const notifier = defineNotifier(Options, async (options, notice, scope) => {
  const url = await resolveText(options.url, scope);
  if (!/\/rooms\/\d+\/\d+-[\w-]+\/messages\/?$/.test(URL.parse(url)?.pathname ?? '')) {
    throw new CutoverError('E_PLUGIN', 'The address for Campfire is not that of a bot in a room.', {
      hint: 'It ends like this: /rooms/ID/BOT-KEY/messages. Campfire shows it under Account settings, Bots.',
    });
  }
  // As a form, text with a percent sign would be refused.
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  const body = cut(textOf(notice), MOST_TEXT, { write: escapeHtmlLines });
  await call({ ...options, who: 'Campfire', url, headers, body, meanings: MEANINGS }, scope);
});

const MEANINGS = {
  302: 'it asks to log in, so the key of the bot is wrong',
  404: 'there is no such room, or the bot is not in it',
};

/** Campfire has no limit; a room should not have to scroll. */
const MOST_TEXT = 10_000;
