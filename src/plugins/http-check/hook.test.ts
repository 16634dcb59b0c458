import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Json } from '../../core/contract/index.ts';
import { fakeHookContext } from '../testing/deployment.ts';
import { fakeScope } from '../testing/scope.ts';
import { hook } from './hook.ts';

/** No time for a second request, however slow the machine is with the first. */
const ONCE = { deadline: '20s', interval: '20s' };

function check(raw: Json, scope = fakeScope()): Promise<void> {
  return hook.create(hook.parse(raw), scope).run(fakeHookContext({}, scope));
}

test('the answer that is wanted lets the step go on', async () => {
  await using site = await startSite((response) => response.setHeader('x-release', '7').end('release 7'));
  await check({ url: site.url });
  await check({ url: site.url, status: [204, 200], contains: 'release 7', header: { 'X-Release': '7' } });
  expect(site.count()).toBe(2);
});

test('a site that comes up later is waited for', async () => {
  await using site = await startSite((response, count) => response.writeHead(count < 3 ? 503 : 200).end());
  await check({ url: site.url, interval: '1ms' });
  expect(site.count()).toBe(3);
});

test('what was wanted and what came are told, made harmless', async () => {
  await using site = await startSite((response) =>
    response.writeHead(500).end(`\x1b[31mred\u202e\n${'x'.repeat(500)}`),
  );
  const failed = await check({
    url: `${site.url}/health?token=s3cret`,
    status: [200, 204],
    contains: 'ok',
    header: { 'x-release': '7' },
    ...ONCE,
  }).catch((error: Error) => error);
  expect(failed).toMatchObject({ code: 'E_HOOK' });
  expect((failed as Error).message).toBe(
    `${site.url}/health did not answer as wanted within 20 s: wanted status 200 or 204, a body with "ok", ` +
      `the header x-release: "7", last got status 500, the body "\\u001b[31mred\\u202e\\n${'x'.repeat(190)}".`,
  );
});

test('a last request that has less than its time hides no answer that came before', async () => {
  let nowMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  onTestFinished(() => clock.mockRestore());
  await using site = await startSite((response, count) => {
    nowMs = count === 1 ? 3_599_900 : 3_600_000;
    if (count === 1) response.writeHead(500).end('down');
  });
  await expect(check({ url: site.url, deadline: '1h', timeout: '30m', interval: '1ms' })).rejects.toThrow(
    'last got status 500, the body "down"',
  );
  expect(site.count()).toBeGreaterThan(1);
});

test('a redirect is an answer', async () => {
  await using site = await startSite((response) => response.writeHead(301, { location: '/elsewhere' }).end());
  await check({ url: site.url, status: 301, header: { location: '/elsewhere' } });
});

test('no answer is told, too', async () => {
  const site = await startSite(() => {});
  await expect(check({ url: site.url, timeout: '20ms', ...ONCE })).rejects.toThrow(
    'last got no answer (none within 20 ms)',
  );
  await site[Symbol.asyncDispose]();
  await expect(check({ url: site.url, timeout: '20s', ...ONCE })).rejects.toThrow(
    'last got no answer (nothing listens there (connection refused))',
  );
});

test('nobody ends it before its deadline, however long that is', () => {
  const { deadlineMs } = hook.create(hook.parse({ url: 'http://x', deadline: '1h' }), fakeScope());
  expect(deadlineMs).toBeGreaterThan(3_600_000);
});

test('headers are sent, secrets among them', async () => {
  await using site = await startSite((response, _, authorization) =>
    response.writeHead(authorization === 'Bearer t' ? 200 : 401).end(),
  );
  await check(
    { url: site.url, headers: { authorization: { env: 'TOKEN' } } },
    fakeScope({ secrets: { TOKEN: 'Bearer t' } }),
  );
});

test('a body without end is not waited for', async () => {
  await using site = await startSite((response) => {
    response.write('ok');
    response.write('x'.repeat(2_000_000));
  });
  await check({ url: site.url, contains: 'ok' });
});

test.each(['while it asks', 'while it waits'])('the signal ends it %s', async (when) => {
  const stop = new AbortController();
  await using site = await startSite((response) => {
    if (when === 'while it waits') response.writeHead(500).end();
    setTimeout(() => stop.abort(new Error('enough')), 20);
  });
  await expect(
    check({ url: site.url, interval: '1h', deadline: '2h' }, fakeScope({ signal: stop.signal })),
  ).rejects.toThrow('enough');
});

test.each([
  [{ url: 'ftp://x' }],
  [{ url: 'http://x', status: 99 }],
  [{ url: 'http://x', deadline: 'soon' }],
  [{ url: 'http://x', unknown: 1 }],
])('%j is refused', (raw) => {
  expect(() => hook.parse(raw)).toThrow(expect.objectContaining({ issues: [expect.anything()] }));
});

async function startSite(
  answer: (response: ServerResponse, count: number, authorization: string | undefined) => void,
) {
  let count = 0;
  const server = createServer((request, response) => {
    count++;
    answer(response, count, request.headers.authorization);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => count,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
