import { expect, test } from 'vitest';
import { z } from 'zod';
import { HOSTILE, tell } from '../testing/tell.ts';
import { notifier } from './notifier.ts';

/** https://core.telegram.org/bots/api#sendmessage; without `parse_mode` the text has no markup. */
const Message = z.strictObject({
  chat_id: z.union([z.int(), z.string().regex(/^@\w+$|^-?\d+$/)]),
  message_thread_id: z.int().optional(),
  text: z.string().min(1).max(4096),
  disable_notification: z.boolean(),
  link_preview_options: z.strictObject({ is_disabled: z.literal(true) }),
});

const TOKEN = '123456:ABC-s3cret_s3cret';
const given = {
  options: (apiUrl: string) => ({ token: { env: 'TOKEN' }, chat: -1001234567890, thread: 7, apiUrl }),
  secrets: () => ({ TOKEN }),
  service: () => ({ body: { ok: true, result: { message_id: 1 } } }),
};

test('a chat gets the text, without markup', async () => {
  const { received, failure } = await tell(notifier, given);
  expect(failure).toBe(null);
  expect(received).toMatchObject([{ method: 'POST', path: `/bot${TOKEN}/sendMessage` }]);
  expect(Message.parse(JSON.parse(received[0]!.body))).toMatchObject({
    chat_id: -1001234567890,
    message_thread_id: 7,
    text: 'shop: production serves 20261121193811\nFix “it” (f1dad0009fbf, main), by ann@\u2060laptop',
    disable_notification: false,
  });
});

test('nobody is called by what a commit says', async () => {
  const { received } = await tell(notifier, { ...given, notice: { text: HOSTILE } });
  const { text } = Message.parse(JSON.parse(received[0]!.body));
  expect(text).not.toMatch(/@\w/);
  expect(text).not.toMatch(/\u0007/);
});

test('a text that is too long is cut', async () => {
  const { received } = await tell(notifier, { ...given, notice: { text: '😀'.repeat(4000) } });
  expect(Message.parse(JSON.parse(received[0]!.body)).text).toMatch(/😀…$/u);
});

test.each([
  [
    401,
    { ok: false, error_code: 401, description: 'Unauthorized' },
    'it answered 401: it does not accept the token (Unauthorized)',
  ],
  [
    400,
    { ok: false, error_code: 400, description: 'Bad Request: chat not found' },
    'it answered 400: Bad Request: chat not found',
  ],
  [200, { ok: false, description: 'Something' }, 'Something'],
  [200, { ok: false, description: `no bot${TOKEN} here` }, 'no *** here'],
  [200, {}, 'its answer is not that of Telegram'],
])('an answer of %i %o is a problem that does not show the token', async (status, body, why) => {
  const { failure, origin } = await tell(notifier, { ...given, service: () => ({ status, body }) });
  expect(failure?.message).toBe(`Telegram at ${origin} did not take the notice: ${why}.`);
});

test('a token that could lead elsewhere is not used, nor shown', async () => {
  const { failure, received } = await tell(notifier, { ...given, secrets: () => ({ TOKEN: '../s3cret' }) });
  expect({ received, message: failure?.message }).toEqual({
    received: [],
    message: 'The token of Telegram is none: it has the form `123456:ABC-…`.',
  });
});

test.each(['abc', 'https://t.me/abc', 1.5, ''])('%j is no chat', (chat) => {
  expect(() => notifier.parse({ token: { env: 'TOKEN' }, chat })).toThrow('expected the id of a chat');
});
