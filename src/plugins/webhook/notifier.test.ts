import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { Json, Notice } from '../../core/contract/index.ts';
import { fakeNotice } from '../testing/deployment.ts';
import { fakeScope } from '../testing/scope.ts';
import { notifier } from './notifier.ts';

const notice = fakeNotice();

function notify(raw: Json, scope = fakeScope(), given = notice): Promise<void> {
  return notifier.create(notifier.parse(raw), scope).notify(given, scope);
}

test('a notice is posted as JSON', async () => {
  await using receiver = await startReceiver((_, response) => response.writeHead(204).end());
  await notify(
    { url: { env: 'HOOK' }, headers: { authorization: { env: 'TOKEN' } } },
    fakeScope({ secrets: { HOOK: `${receiver.url}/in?key=s3cret`, TOKEN: 'Bearer t' } }),
  );
  expect(receiver.requests).toEqual([
    {
      method: 'POST',
      path: '/in?key=s3cret',
      type: 'application/json',
      authorization: 'Bearer t',
      body: notice,
    },
  ]);
});

test('only the events that are asked for are told', async () => {
  await using receiver = await startReceiver((_, response) => response.end());
  const raw = { url: receiver.url, on: ['stranded'] };
  await notify(raw);
  await notify(raw, fakeScope(), { ...notice, event: 'stranded' });
  expect(receiver.requests.map(({ body }) => body.event)).toEqual(['stranded']);
});

test.each([
  [500, 'it answered 500'],
  [302, 'it answered 302, and redirects are not followed'],
])('status %i is a failure that does not show the path', async (status, why) => {
  await using receiver = await startReceiver((_, response) => {
    response.writeHead(status, { location: '/elsewhere' }).end();
  });
  const failed = await notify({ url: `${receiver.url}/s3cret` }).catch((error: Error) => error);
  expect(failed).toMatchObject({
    code: 'E_PLUGIN',
    message: `The webhook at ${receiver.url} did not take the notice: ${why}.`,
  });
  expect(receiver.requests.length).toBe(1);
});

test('a receiver that does not answer is given up', async () => {
  await using receiver = await startReceiver(() => {});
  await expect(notify({ url: `${receiver.url}/s3cret`, timeout: '50ms' })).rejects.toThrow(
    'it did not answer within 50 ms',
  );
});

test('one that does not listen is named without its path', async () => {
  const receiver = await startReceiver(() => {});
  await receiver[Symbol.asyncDispose]();
  await expect(notify({ url: `${receiver.url}/s3cret` })).rejects.toThrow(
    `The webhook at ${receiver.url} did not take the notice: nothing listens there (connection refused).`,
  );
});

test('the signal ends it', async () => {
  const stop = new AbortController();
  await using receiver = await startReceiver(() => stop.abort(new Error('enough')));
  await expect(notify({ url: receiver.url }, fakeScope({ signal: stop.signal }))).rejects.toThrow('enough');
});

test.each([
  ['http://hooks.example.com/x', 'expected https://'],
  ['ftp://hooks.example.com', 'https://'],
  ['https://user:pass@hooks.example.com', 'without user and password'],
  ['hooks', 'expected a URL'],
])('%s is refused, in a configuration and as a secret', async (url, expected) => {
  expect(() => notifier.parse({ url })).toThrow(
    expect.objectContaining({
      issues: [expect.objectContaining({ path: ['url'], message: expect.stringContaining(expected) })],
    }),
  );
  await expect(notify({ url: { env: 'HOOK' } }, fakeScope({ secrets: { HOOK: url } }))).rejects.toThrow(
    expected,
  );
});

test('http is let through where it is allowed, or stays on this machine', () => {
  expect(() => notifier.parse({ url: 'http://hooks.example.com', allowInsecure: true })).not.toThrow();
  for (const host of ['localhost', '127.0.0.1', '[::1]']) {
    expect(() => notifier.parse({ url: `http://${host}:8080/x` })).not.toThrow();
  }
});

async function startReceiver(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: { method?: string; path?: string; type?: string; authorization?: string; body: Notice }[] =
    [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as Notice;
    const { authorization, 'content-type': type } = request.headers;
    requests.push({
      ...(request.method ? { method: request.method } : {}),
      ...(request.url ? { path: request.url } : {}),
      ...(type ? { type } : {}),
      ...(authorization ? { authorization } : {}),
      body,
    });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
