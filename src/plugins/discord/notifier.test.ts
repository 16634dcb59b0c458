import { expect, test } from 'vitest';
import { z } from 'zod';
import { HOSTILE, tell } from '../testing/tell.ts';
import { notifier } from './notifier.ts';

/**
 * https://docs.discord.com/developers/resources/webhook#execute-webhook and, for the limits,
 * https://docs.discord.com/developers/resources/message#embed-object-embed-limits
 */
const Message = z.strictObject({
  embeds: z.tuple([
    z.strictObject({
      title: z.string().min(1).max(256),
      description: z.string().min(1).max(4096).optional(),
      url: z.url().optional(),
      color: z.int().min(0).max(0xffffff),
      timestamp: z.iso.datetime(),
    }),
  ]),
  allowed_mentions: z.strictObject({ parse: z.tuple([]) }),
});

const given = {
  options: () => ({ url: { env: 'URL' }, thread: '1234567890123456789', link: 'https://shop.example.com/' }),
  secrets: (origin: string) => ({ URL: `${origin}/api/webhooks/1/s3cret` }),
};

test('a webhook gets a message that Discord takes, in its thread, and is asked to wait for it', async () => {
  const { received, failure } = await tell(notifier, given);
  expect(failure).toBe(null);
  expect(received).toMatchObject([
    { method: 'POST', path: '/api/webhooks/1/s3cret?wait=true&thread_id=1234567890123456789' },
  ]);
  expect(Message.parse(JSON.parse(received[0]!.body)).embeds[0]).toEqual({
    title: 'shop: production serves 20261121193811',
    description: 'Fix “it” (f1dad0009fbf, main), by ann\\@laptop',
    url: 'https://shop.example.com/',
    color: 0x16a34a,
    timestamp: '2026-11-21T19:38:14Z',
  });
});

test('nobody is called, and no markup made, by what a commit says', async () => {
  const { received } = await tell(notifier, { ...given, notice: { text: `${HOSTILE}\n${HOSTILE}` } });
  const [{ title, description }] = Message.parse(JSON.parse(received[0]!.body)).embeds;
  for (const text of [title, description!]) expect(text).not.toMatch(/(?<!\\)[@<>[\]*`]/);
});

test('a text that is too long is cut where Discord would refuse it', async () => {
  const { received } = await tell(notifier, {
    ...given,
    notice: { text: `${'_'.repeat(500)}\n${'😀'.repeat(5000)}` },
  });
  const [{ title, description }] = Message.parse(JSON.parse(received[0]!.body)).embeds;
  expect([title.slice(-3), description?.slice(-3)]).toEqual(['\\_…', '😀…']);
});

test('what Discord refuses is a problem, in its words', async () => {
  const { failure, origin } = await tell(notifier, {
    ...given,
    service: () => ({ status: 404, body: { message: 'Unknown Webhook', code: 10015 } }),
  });
  expect(failure?.message).toBe(
    `Discord at ${origin} did not take the notice: it answered 404: there is no such webhook (any more) (Unknown Webhook).`,
  );
});
