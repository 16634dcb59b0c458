import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Json } from '../../core/contract/index.ts';
import { fakeNotice } from '../testing/deployment.ts';
import { startReceiver } from '../testing/receiver.ts';
import { fakeScope } from '../testing/scope.ts';
import { notifier } from './notifier.ts';

const notice = fakeNotice();

function notify(raw: Json, scope = fakeScope(), given = notice): Promise<void> {
  return notifier.create(notifier.parse(raw), scope).notify(given, scope);
}

test('a notice is posted as JSON, with an id', async () => {
  await using receiver = await startReceiver();
  await notify(
    { url: { env: 'HOOK' }, headers: { Authorization: { env: 'TOKEN' } } },
    fakeScope({ secrets: { HOOK: `${receiver.url}/in?key=s3cret`, TOKEN: 'Bearer t' } }),
  );
  const [{ headers, body, ...request }] = receiver.received as [(typeof receiver.received)[number]];
  expect(request).toEqual({ method: 'POST', path: '/in?key=s3cret' });
  expect(headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer t' });
  expect(headers).not.toHaveProperty('x-cutover-signature-256');
  expect(JSON.parse(body)).toEqual({ id: headers['x-cutover-delivery'], ...notice });
});

test('with a secret the exact body is signed, as GitHub signs', async () => {
  await using receiver = await startReceiver();
  const scope = fakeScope({ secrets: { KEY: "It's a Secret to Everybody" } });
  await notify({ url: receiver.url, secret: { env: 'KEY' } }, scope);
  const [{ headers, body }] = receiver.received as [(typeof receiver.received)[number]];
  const expected = createHmac('sha256', "It's a Secret to Everybody").update(body).digest('hex');
  expect(headers['x-cutover-signature-256']).toBe(`sha256=${expected}`);
});

test('what is sent again is the same delivery; another notice is another one', async () => {
  await using receiver = await startReceiver((response) =>
    response.writeHead(receiver.received.length === 1 ? 503 : 204, { 'retry-after': '0' }).end(),
  );
  await notify({ url: receiver.url });
  await notify({ url: receiver.url });
  const ids = receiver.received.map(({ headers }) => headers['x-cutover-delivery']);
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[0]);
  expect(receiver.received[1]?.body).toBe(receiver.received[0]?.body);
});

test('who gives a receiver more time than usual gives it that', () => {
  const raw = { url: 'https://hooks.example.com/x', timeout: '30s' };
  expect(notifier.create(notifier.parse(raw), fakeScope()).deadlineMs).toBe(32_000);
});

test('a refusal names the receiver without its path', async () => {
  await using receiver = await startReceiver((response) => response.writeHead(500).end('s3cret'));
  await expect(notify({ url: `${receiver.url}/s3cret`, retries: 0 })).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: `The webhook at ${receiver.url} did not take the notice: it answered 500.`,
  });
});

test('an address that is wrong is refused, in a configuration and as a secret', async () => {
  const url = 'http://hooks.example.com/x';
  expect(() => notifier.parse({ url })).toThrow(
    expect.objectContaining({
      issues: [
        expect.objectContaining({ path: ['url'], message: expect.stringContaining('expected https://') }),
      ],
    }),
  );
  await expect(notify({ url: { env: 'HOOK' } }, fakeScope({ secrets: { HOOK: url } }))).rejects.toThrow(
    'The address of the webhook is wrong: expected https://',
  );
});
