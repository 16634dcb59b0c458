import { expect, test } from 'vitest';
import { z } from 'zod';
import { HOSTILE, tell } from '../testing/tell.ts';
import { notifier } from './notifier.ts';

const paragraph = z.strictObject({ textParagraph: z.strictObject({ text: z.string().min(1) }) });
const buttons = z.strictObject({
  buttonList: z.strictObject({
    buttons: z.array(
      z.strictObject({
        text: z.string(),
        onClick: z.strictObject({ openLink: z.strictObject({ url: z.url() }) }),
      }),
    ),
  }),
});

/**
 * https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create (at most 32,000 bytes) and
 * https://developers.google.com/workspace/chat/api/reference/rest/v1/cards
 */
const Message = z.strictObject({
  cardsV2: z.tuple([
    z.strictObject({
      cardId: z.string(),
      card: z.strictObject({
        sections: z.tuple([z.strictObject({ widgets: z.array(z.union([paragraph, buttons])).min(1) })]),
      }),
    }),
  ]),
  fallbackText: z.string().min(1),
  thread: z.strictObject({ threadKey: z.string() }).optional(),
});

const given = {
  options: () => ({ url: { env: 'URL' }, thread: 'shop', link: 'https://shop.example.com/' }),
  secrets: (origin: string) => ({ URL: `${origin}/v1/spaces/AAA/messages?key=k3y&token=s3cret` }),
};

function paragraphsOf(body: string): readonly string[] {
  const { widgets } = Message.parse(JSON.parse(body)).cardsV2[0].card.sections[0];
  return widgets.flatMap((widget) => ('textParagraph' in widget ? [widget.textParagraph.text] : []));
}

test('a space gets a card, in its thread', async () => {
  const { received, failure } = await tell(notifier, given);
  expect(failure).toBe(null);
  expect(received).toMatchObject([
    {
      method: 'POST',
      path: '/v1/spaces/AAA/messages?key=k3y&token=s3cret&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD',
      headers: { 'content-type': 'application/json; charset=UTF-8' },
    },
  ]);
  expect(Message.parse(JSON.parse(received[0]!.body)).thread).toEqual({ threadKey: 'shop' });
  expect(paragraphsOf(received[0]!.body)).toEqual([
    '<font color="#16a34a"><b>shop: production serves 20261121193811</b></font>',
    'Fix “it” (f1dad0009fbf, main), by ann@laptop',
  ]);
});

test('nobody is called, and no link made, by what a commit says', async () => {
  const { received } = await tell(notifier, { ...given, notice: { text: `a\n${HOSTILE}\n${HOSTILE}` } });
  expect(paragraphsOf(received[0]!.body)[1]?.replaceAll('<br>', '')).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
});

test('a long message has less than 32,000 bytes', async () => {
  const { received } = await tell(notifier, { ...given, notice: { text: `a\n${'<é'.repeat(30_000)}` } });
  expect(paragraphsOf(received[0]!.body)[1]).toMatch(/(&lt;|é)…$/);
  expect(Buffer.byteLength(received[0]!.body)).toBeLessThan(32_000);
});

test('what Google refuses is a problem, in its words and without the token', async () => {
  const { failure, origin } = await tell(notifier, {
    ...given,
    service: () => ({
      status: 400,
      body: { error: { code: 400, message: 'Invalid token s3cret', status: 'INVALID_ARGUMENT' } },
    }),
  });
  expect(failure?.message).toBe(
    `Google Chat at ${origin} did not take the notice: it answered 400: it does not accept the key, the token or the message (Invalid token ***).`,
  );
});
