import { expect, test } from 'vitest';
import { z } from 'zod';
import { HOSTILE, tell } from '../testing/tell.ts';
import { notifier } from './notifier.ts';

const section = z.strictObject({
  type: z.literal('section'),
  text: z.strictObject({
    type: z.literal('mrkdwn'),
    text: z.string().min(1).max(3000),
    verbatim: z.literal(true),
  }),
});

/**
 * https://docs.slack.dev/reference/methods/chat.postMessage: `text`, beside `attachments` with `color` (a hex value) and `blocks`.
 * https://docs.slack.dev/reference/block-kit/blocks/section-block: at most 3000 characters.
 */
const Message = z.strictObject({
  text: z.string().min(1).max(4000),
  attachments: z
    .array(
      z.strictObject({ color: z.string().regex(/^#[0-9a-f]{6}$/), blocks: z.array(section).min(1).max(50) }),
    )
    .optional(),
  unfurl_links: z.literal(false),
  unfurl_media: z.literal(false),
});

const byWebhook = {
  options: () => ({ url: { env: 'SLACK_URL' }, link: 'https://ci.example.com/runs/1?a=1&b=2' }),
  secrets: (origin: string) => ({ SLACK_URL: `${origin}/services/T0/B0/s3cret` }),
};
const asBot = {
  options: (origin: string) => ({
    token: { env: 'TOKEN' },
    channel: '#deployments',
    apiUrl: `${origin}/api/`,
  }),
  secrets: () => ({ TOKEN: 'xoxb-s3cret' }),
};

test('an incoming webhook gets a message that Slack takes', async () => {
  const { received, failure } = await tell(notifier, { ...byWebhook, service: () => ({ body: 'ok' }) });
  expect(failure).toBe(null);
  expect(received).toMatchObject([
    { method: 'POST', path: '/services/T0/B0/s3cret', headers: { 'content-type': 'application/json' } },
  ]);
  const message = Message.parse(JSON.parse(received[0]!.body));
  expect(message).toMatchObject({
    text: 'shop: production serves 20261121193811',
    attachments: [
      {
        color: '#16a34a',
        blocks: [
          { text: { text: 'Fix “it” (f1dad0009fbf, main), by ann@laptop' } },
          { text: { text: '<https://ci.example.com/runs/1?a=1&amp;b=2>' } },
        ],
      },
    ],
  });
});

test('chat.postMessage gets the token, the channel and the message', async () => {
  const { received, failure } = await tell(notifier, { ...asBot, service: () => ({ body: { ok: true } }) });
  expect(failure).toBe(null);
  expect(received).toMatchObject([
    {
      path: '/api/chat.postMessage',
      headers: { authorization: 'Bearer xoxb-s3cret', 'content-type': 'application/json; charset=utf-8' },
    },
  ]);
  expect(
    Message.extend({ channel: z.literal('#deployments') }).parse(JSON.parse(received[0]!.body)).text,
  ).toContain('shop');
});

test('nobody is called, and no link made, by what a commit says', async () => {
  const { received } = await tell(notifier, {
    options: () => ({ url: { env: 'SLACK_URL' } }),
    secrets: byWebhook.secrets,
    notice: { text: `${HOSTILE}\n${HOSTILE}` },
    service: () => ({ body: 'ok' }),
  });
  const message = Message.parse(JSON.parse(received[0]!.body));
  for (const text of [message.text, message.attachments![0]!.blocks[0]!.text.text]) {
    expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
    expect(text).toContain('&lt;!channel&gt;');
  }
});

test('a text that is too long is cut where Slack would refuse it', async () => {
  const { received } = await tell(notifier, {
    ...byWebhook,
    notice: { text: `${'&'.repeat(5000)}\n${'<'.repeat(9000)}` },
    service: () => ({ body: 'ok' }),
  });
  const { text, attachments } = Message.parse(JSON.parse(received[0]!.body));
  expect([text, attachments![0]!.blocks[0]!.text.text].map((each) => each.slice(-6))).toEqual(
    ['&amp;…', '&lt;…'].map((end) => end.padStart(6, ';')),
  );
});

test.each([
  [404, 'no_service', 'it answered 404: there is no such webhook (any more) (no_service)'],
  [400, 'invalid_payload', 'it answered 400: invalid_payload'],
  [200, 'something', 'something'],
])('a webhook that answers %i %s is a problem', async (status, body, why) => {
  const { failure, origin } = await tell(notifier, { ...byWebhook, service: () => ({ status, body }) });
  expect(failure).toMatchObject({
    code: 'E_PLUGIN',
    message: `Slack at ${origin} did not take the notice: ${why}.`,
  });
});

test.each([
  [{ ok: false, error: 'not_in_channel' }, 'the bot is not in the channel: invite it (not_in_channel)'],
  [{ ok: false, error: 'fatal_error' }, 'fatal_error'],
  ['<p>hello</p>', 'its answer is not that of Slack'],
])('a bot that is answered %o with status 200 has a problem', async (body, why) => {
  const { failure } = await tell(notifier, { ...asBot, service: () => ({ body }) });
  expect(failure?.message).toContain(`did not take the notice: ${why}.`);
});

test.each([
  [{}],
  [{ url: 'https://hooks.slack.com/services/T0/B0/s3cret' }],
  [{ url: { env: 'A' }, channel: '#x' }],
  [{ token: { env: 'A' } }],
  [{ url: { env: 'A' }, colour: 'red' }],
  [{ url: { env: 'A' }, link: 'javascript:alert(1)' }],
])('%o are no options', (raw) => {
  expect(() => notifier.parse(raw)).toThrow();
});
