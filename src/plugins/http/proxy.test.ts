import { createServer } from 'node:http';
import { afterEach, expect, test, vi } from 'vitest';
import { startReceiver } from '../testing/receiver.ts';
import { fakeScope } from '../testing/scope.ts';
import { post } from './post.ts';

afterEach(() => vi.unstubAllEnvs());

const VARIABLES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'];

function environment(given: Readonly<Record<string, string>>): void {
  for (const name of VARIABLES) vi.stubEnv(name, given[name]);
}

function send(url: string, allowInsecure = false) {
  const letter = { who: 'the webhook', body: '{}', timeout: 5_000, retries: 0, firstPauseMs: 1 };
  return post({ ...letter, url, allowInsecure }, fakeScope());
}

test.each(['http_proxy', 'HTTP_PROXY'])('a letter goes through the proxy of %s', async (variable) => {
  await using proxy = await startReceiver((response) => response.writeHead(200).end('taken'));
  environment({ [variable]: proxy.url });
  expect(await send('http://hooks.example.com/in', true)).toMatchObject({ status: 200, body: 'taken' });
  expect(proxy.received).toMatchObject([{ method: 'POST', path: 'http://hooks.example.com/in', body: '{}' }]);
});

test('https is asked for by a tunnel; a proxy that refuses is told of, without its password', async () => {
  const asked: (string | undefined)[] = [];
  const proxy = createServer().on('connect', (request, socket) => {
    asked.push(request.url);
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as { port: number };
  environment({ HTTPS_PROXY: `http://me:s3cret@localhost:${port}` });
  const error = await send('https://hooks.example.com/in').catch((error: Error) => error);
  expect((error as Error).message).toBe(
    'The webhook at https://hooks.example.com did not take the notice: the proxy does not let it through (HTTPS_PROXY is set).',
  );
  expect(asked).toEqual(['hooks.example.com:443']);
  proxy.close();
});

test.each([
  ['this machine', {}],
  ['whom no_proxy names', { no_proxy: '127.0.0.1' }],
])('%s is asked directly', async (_, more) => {
  await using proxy = await startReceiver();
  await using receiver = await startReceiver((response) => response.writeHead(200).end());
  environment({ http_proxy: proxy.url, https_proxy: proxy.url, ...more });
  expect(await send(receiver.url)).toMatchObject({ status: 200 });
  expect([proxy.received.length, receiver.received.length]).toEqual([0, 1]);
});
