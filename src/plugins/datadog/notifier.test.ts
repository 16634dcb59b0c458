import { expect, test } from 'vitest';
import { z } from 'zod';
import { HOSTILE, tell } from '../testing/tell.ts';
import { notifier } from './notifier.ts';

/** https://docs.datadoghq.com/api/latest/events/post-an-event/, version 1 */
const Event = z.strictObject({
  title: z.string().min(1),
  text: z.string().min(1).max(4000),
  alert_type: z.enum(['error', 'warning', 'info', 'success', 'user_update', 'recommendation', 'snapshot']),
  date_happened: z.int().max(9_999_999_999),
  aggregation_key: z.string().max(100),
  tags: z.array(z.string().max(200)),
});

const given = {
  options: (apiUrl: string) => ({ key: { env: 'KEY' }, tags: ['team:web'], apiUrl }),
  secrets: () => ({ KEY: 's3cret' }),
  service: () => ({ status: 202, body: { status: 'ok' } }),
};

test('an event is put into the stream', async () => {
  const { received, failure } = await tell(notifier, given);
  expect(failure).toBe(null);
  expect(received).toMatchObject([
    {
      method: 'POST',
      path: '/api/v1/events',
      headers: { 'dd-api-key': 's3cret', 'content-type': 'application/json' },
    },
  ]);
  expect(Event.parse(JSON.parse(received[0]!.body))).toMatchObject({
    title: 'shop: production serves 20261121193811',
    alert_type: 'success',
    date_happened: 1795289894,
    aggregation_key: 'shop/production/20261121193811',
    tags: expect.arrayContaining(['env:production', 'service:shop', 'version:20261121193811', 'team:web']),
  });
});

test.each([
  ['started', 'deploy', 'info', ['started']],
  ['committed', 'rollback', 'warning', ['succeeded', 'rolledBack']],
  ['committed', 'deploy', 'warning', ['succeeded', 'failed']],
  ['compensated', 'deploy', 'error', ['failed', 'compensated']],
  ['stranded', 'deploy', 'error', ['failed', 'stranded']],
] as const)('what is %s (%s) is of type %s (%j)', async (event, kind, type, events) => {
  const { received } = await tell(notifier, { ...given, notice: { event, kind, events } });
  expect(Event.parse(JSON.parse(received[0]!.body)).alert_type).toBe(type);
});

test('nobody is called, and no Markdown made, by what a commit says', async () => {
  const { received } = await tell(notifier, {
    ...given,
    notice: { text: `%%% \n${HOSTILE}\n %%%`, application: 'a'.repeat(150) },
  });
  const { text } = Event.parse(JSON.parse(received[0]!.body));
  expect(text).not.toMatch(/@\w|^%%%/);
  expect(text).toContain('@\u2060everyone');
});

test('a text that is too long is cut', async () => {
  const { received } = await tell(notifier, { ...given, notice: { text: 'x'.repeat(9000) } });
  expect(Event.parse(JSON.parse(received[0]!.body)).text).toMatch(/x…$/);
});

test('what Datadog refuses is a problem, in its words', async () => {
  const { failure, origin } = await tell(notifier, {
    ...given,
    service: () => ({ status: 403, body: { errors: ['Forbidden'] } }),
  });
  expect(failure?.message).toBe(
    `Datadog at ${origin} did not take the notice: it answered 403: it does not accept the key, at least not at this site (Forbidden).`,
  );
});
