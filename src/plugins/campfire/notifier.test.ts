import { expect, test } from 'vitest';
import { HOSTILE, tell } from '../testing/tell.ts';
import { notifier } from './notifier.ts';

/**
 * https://github.com/basecamp/once-campfire/blob/main/app/controllers/messages/by_bots_controller.rb: the body of the request
 * is the message, kept as HTML; 201 when it is, 404 for a room that the bot is not in, and the way to the login for a wrong key.
 */
const given = {
  options: () => ({ url: { env: 'URL' } }),
  secrets: (origin: string) => ({ URL: `${origin}/rooms/42/7-kR3x9mP8/messages` }),
  service: () => ({ status: 201 }),
};

test('a room gets the text as the body of the request', async () => {
  const { received, failure } = await tell(notifier, given);
  expect(failure).toBe(null);
  expect(received).toMatchObject([
    {
      method: 'POST',
      path: '/rooms/42/7-kR3x9mP8/messages',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: 'shop: production serves 20261121193811<br>Fix “it” (f1dad0009fbf, main), by ann@laptop',
    },
  ]);
});

test('no HTML comes out of what a commit says', async () => {
  const { received } = await tell(notifier, { ...given, notice: { text: HOSTILE } });
  expect(received[0]!.body).not.toMatch(/[<>]/);
});

test.each([
  [302, 'it answered 302, and redirects are not followed: it asks to log in, so the key of the bot is wrong'],
  [404, 'it answered 404: there is no such room, or the bot is not in it'],
])('%i is a problem that does not show the key', async (status, why) => {
  const { failure, origin } = await tell(notifier, { ...given, service: () => ({ status }) });
  expect(failure?.message).toBe(`Campfire at ${origin} did not take the notice: ${why}.`);
});

test('an address that is no bot’s is told before anything is sent', async () => {
  const { failure, received } = await tell(notifier, {
    ...given,
    secrets: (origin) => ({ URL: `${origin}/rooms/42` }),
  });
  expect(received).toEqual([]);
  expect(failure).toMatchObject({ hint: expect.stringContaining('/rooms/ID/BOT-KEY/messages') });
});
