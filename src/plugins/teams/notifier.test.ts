import { expect, test } from 'vitest';
import { z } from 'zod';
import { HOSTILE, tell } from '../testing/tell.ts';
import { notifier } from './notifier.ts';

/** https://adaptivecards.io/explorer/RichTextBlock.html and TextRun.html */
const block = z.strictObject({
  type: z.literal('RichTextBlock'),
  inlines: z.tuple([
    z.strictObject({
      type: z.literal('TextRun'),
      text: z.string().min(1),
      weight: z.enum(['Default', 'Lighter', 'Bolder']).optional(),
      size: z.enum(['Default', 'Small', 'Medium', 'Large', 'ExtraLarge']).optional(),
      color: z.enum(['Default', 'Dark', 'Light', 'Accent', 'Good', 'Warning', 'Attention']).optional(),
    }),
  ]),
});

/**
 * The message around a card: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 * ("Send Adaptive Cards using an Incoming Webhook"). Text runs came with version 1.2 of the cards.
 */
const Message = z.strictObject({
  type: z.literal('message'),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: z.null(),
      content: z.strictObject({
        $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
        type: z.literal('AdaptiveCard'),
        version: z.enum(['1.2', '1.3', '1.4']),
        body: z.array(block).min(1),
        actions: z
          .array(z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string(), url: z.url() }))
          .optional(),
        msteams: z.strictObject({ width: z.literal('Full') }),
      }),
    }),
  ]),
});

const given = {
  options: () => ({ url: { env: 'URL' }, link: 'https://shop.example.com/' }),
  secrets: (origin: string) => ({ URL: `${origin}/workflows/1/triggers/manual/paths/invoke?sig=s3cret` }),
  service: () => ({ status: 202 }),
};

test('a workflow gets a card', async () => {
  const { received, failure } = await tell(notifier, given);
  expect(failure).toBe(null);
  expect(received).toMatchObject([
    { method: 'POST', path: '/workflows/1/triggers/manual/paths/invoke?sig=s3cret' },
  ]);
  const { body, actions } = Message.parse(JSON.parse(received[0]!.body)).attachments[0].content;
  expect(body.map(({ inlines: [run] }) => [run.text, run.color])).toEqual([
    ['shop: production serves 20261121193811', 'Good'],
    ['Fix “it” (f1dad0009fbf, main), by ann@laptop', undefined],
  ]);
  expect(actions).toMatchObject([{ url: 'https://shop.example.com/' }]);
});

test('what a commit says stands only where Teams reads no markup and no mentions', async () => {
  const { received } = await tell(notifier, { ...given, notice: { text: `${HOSTILE}\n${HOSTILE}` } });
  const { body } = Message.parse(JSON.parse(received[0]!.body)).attachments[0].content;
  expect(body.map(({ inlines: [run] }) => run.text.includes('[free](https://evil.example)'))).toEqual([
    true,
    true,
  ]);
});

test('a long text stays below 28 KB, also in UTF-16', async () => {
  const { received } = await tell(notifier, {
    ...given,
    notice: { text: `${'x'.repeat(40_000)}\n${'x'.repeat(40_000)}` },
  });
  expect(Message.safeParse(JSON.parse(received[0]!.body)).success).toBe(true);
  expect(received[0]!.body.length * 2).toBeLessThan(28_000);
});

test('the address of a connector, which Microsoft has retired, is told from that of a workflow', async () => {
  const { failure, received } = await tell(notifier, {
    ...given,
    secrets: () => ({ URL: 'https://contoso.webhook.office.com/webhookb2/s3cret' }),
  });
  expect(received).toEqual([]);
  expect(failure).toMatchObject({
    code: 'E_PLUGIN',
    message: expect.stringContaining('Microsoft has retired'),
    hint: expect.stringContaining('workflow'),
  });
  expect(failure?.message).not.toContain('s3cret');
});
