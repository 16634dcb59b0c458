import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Json } from '../../core/contract/index.ts';
import { fakeHookContext } from '../testing/deployment.ts';
import { startReceiver } from '../testing/receiver.ts';
import { fakeScope } from '../testing/scope.ts';
import { hook } from './hook.ts';

const zone = '023e105f4ecef8ad9ca31a8372d0c353';
const token = { env: 'CLOUDFLARE_TOKEN' };

/**
 * What the API takes: https://developers.cloudflare.com/api/resources/cache/methods/purge, and how much of it at once:
 * https://developers.cloudflare.com/cache/how-to/purge-cache/#availability-and-limits
 */
const list = z.array(z.string().min(1)).min(1).max(100);
const Body = z.union([
  z.strictObject({ purge_everything: z.literal(true) }),
  z.strictObject({ files: list }),
  z.strictObject({ tags: list }),
  z.strictObject({ hosts: list }),
  z.strictObject({ prefixes: list }),
]);

/** Answers as https://developers.cloudflare.com/fundamentals/api/reference/ says. */
function startCloudflare(
  answer: object = { success: true, errors: [], messages: [], result: { id: zone } },
  status = 200,
) {
  return startReceiver((response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
  );
}

const create = (raw: Json) => hook.create(hook.parse(raw), fakeScope());

function purge(raw: { readonly [key: string]: Json }, apiUrl: string) {
  const scope = fakeScope({ secrets: { CLOUDFLARE_TOKEN: 's3cret' } });
  const done = create({ zone, token, apiUrl: `${apiUrl}/client/v4/`, retries: 0, ...raw }).run(
    fakeHookContext({}, scope),
  );
  return done.then(() => scope.lines);
}

test.each([
  [{ everything: true }, { purge_everything: true }, 'everything'],
  [{ files: ['https://shop.example.com/a.css'] }, { files: ['https://shop.example.com/a.css'] }, '1 files'],
  [{ tags: ['shop', 'news'] }, { tags: ['shop', 'news'] }, '2 tags'],
  [{ hosts: ['www.example.com'] }, { hosts: ['www.example.com'] }, '1 hosts'],
  [{ prefixes: ['www.example.com/news'] }, { prefixes: ['www.example.com/news'] }, '1 prefixes'],
])('%j is asked as the API takes it', async (raw, body, shown) => {
  await using api = await startCloudflare();
  expect(await purge(raw as { readonly [key: string]: Json }, api.url)).toEqual([
    `Cloudflare purged ${shown}`,
  ]);
  expect(api.received).toMatchObject([
    {
      method: 'POST',
      path: `/client/v4/zones/${zone}/purge_cache`,
      headers: { authorization: 'Bearer s3cret', 'content-type': 'application/json' },
    },
  ]);
  expect(Body.parse(JSON.parse(api.received[0]!.body))).toEqual(body);
});

test('more than a request may hold goes in several', async () => {
  await using api = await startCloudflare();
  const tags = Array.from({ length: 250 }, (_, index) => `tag-${index}`);
  await purge({ tags }, api.url);
  const bodies = api.received.map(({ body }) => Body.parse(JSON.parse(body)) as { readonly tags: string[] });
  expect(bodies.map((body) => body.tags.length)).toEqual([100, 100, 50]);
  expect(bodies.flatMap((body) => body.tags)).toEqual(tags);
});

test('a refusal is told in the words of the API', async () => {
  const errors = [{ code: 10000, message: 'Authentication error' }];
  await using api = await startCloudflare({ success: false, errors, messages: [], result: null }, 403);
  await expect(purge({ everything: true }, api.url)).rejects.toThrow(
    `Cloudflare at ${api.url} did not take the purge: it answered 403: the token may not purge the cache of this zone (Authentication error).`,
  );
});

test('an answer that says it did not work is no success, whatever its status', async () => {
  const errors = [{ code: 1134, message: 'Unable to purge' }];
  await using api = await startCloudflare({ success: false, errors, messages: [], result: null });
  await expect(purge({ everything: true }, api.url)).rejects.toThrow(
    'Cloudflare did not purge the cache: Unable to purge (1134).',
  );
  await using silent = await startCloudflare({});
  await expect(purge({ everything: true }, silent.url)).rejects.toThrow('its answer does not say why');
});

test('a limit of the API is waited for', async () => {
  await using api = await startReceiver((response) => {
    if (api.received.length === 1) response.writeHead(429, { 'retry-after': '0' }).end();
    else response.end('{"success":true,"errors":[],"messages":[],"result":{"id":"x"}}');
  });
  await purge({ everything: true, retries: 1 }, api.url);
  expect(api.received).toHaveLength(2);
});

test('a resumed one purges once more', () => {
  expect(create({ zone, token, everything: true }).interrupted).toBe('again');
});

test.each([
  [{ zone, token }],
  [{ zone, token, everything: true, tags: ['a'] }],
  [{ zone, token, everything: false }],
  [{ zone: 'shop.example.com', token, everything: true }],
  [{ zone, token: 's3cret', everything: true }],
  [{ zone, token, files: ['/a.css'] }],
  [{ zone, token, prefixes: ['https://www.example.com/news'] }],
  [{ zone, token, tags: [] }],
  [{ zone, token, everything: true, apiUrl: 'http://api.example.com' }],
])('%j is refused', (raw) => {
  expect(() => hook.parse(raw)).toThrow(expect.objectContaining({ issues: [expect.anything()] }));
});
