import { expect, test } from 'vitest';
import type { Json } from '../../core/contract/index.ts';
import { fakeHookContext } from '../testing/deployment.ts';
import { startReceiver } from '../testing/receiver.ts';
import { fakeScope } from '../testing/scope.ts';
import { hook } from './hook.ts';

const create = (raw: Json) => hook.create(hook.parse(raw), fakeScope());
const purge = (raw: Json, scope = fakeScope()) => create(raw).run(fakeHookContext({}, scope));

test('each address is purged, in order, with its headers', async () => {
  await using cache = await startReceiver();
  const scope = fakeScope({ secrets: { KEY: 's3cret' } });
  const url = [`${cache.url}/`, `${cache.url}/news?page=2`];
  await purge({ url, headers: { 'X-Purge-Key': { env: 'KEY' }, Host: 'shop.example.com' } }, scope);
  expect(cache.received).toMatchObject([
    { method: 'PURGE', path: '/', headers: { 'x-purge-key': 's3cret', host: 'shop.example.com' }, body: '' },
    { method: 'PURGE', path: '/news?page=2' },
  ]);
  expect(scope.lines).toEqual([
    `${cache.url} took the PURGE with 204`,
    `${cache.url} took the PURGE with 204`,
  ]);
});

/** https://docs.bunny.net/cdn/purge-cache */
test('an API is asked in its own way: that of bunny.net', async () => {
  await using api = await startReceiver();
  await purge(
    {
      url: `${api.url}/pullzone/7/purgeCache`,
      method: 'POST',
      headers: { AccessKey: { env: 'KEY' } },
      body: '{"CacheTag":"shop"}',
    },
    fakeScope({ secrets: { KEY: 's3cret' } }),
  );
  expect(api.received).toMatchObject([
    {
      method: 'POST',
      path: '/pullzone/7/purgeCache',
      headers: { accesskey: 's3cret', 'content-type': 'application/json' },
      body: '{"CacheTag":"shop"}',
    },
  ]);
});

test('what is a success can be said: a cache that does not hold a page may answer 404', async () => {
  await using cache = await startReceiver((response) => response.writeHead(404).end());
  await purge({ url: cache.url, status: [200, 404] });
  await expect(purge({ url: cache.url })).rejects.toThrow(
    `The cache at ${cache.url} did not take the PURGE: it answered 404.`,
  );
});

test('a status that is not among those is a failure, even a 2xx', async () => {
  await using cache = await startReceiver();
  await expect(purge({ url: cache.url, status: 200 })).rejects.toThrow('it answered 204.');
});

test('a refusal is told in the words of the cache, and nothing behind it is asked', async () => {
  await using cache = await startReceiver((response) =>
    response.writeHead(403).end('{"message":"no such key"}'),
  );
  await expect(purge({ url: [cache.url, cache.url] })).rejects.toThrow('it answered 403: no such key.');
  expect(cache.received).toHaveLength(1);
});

test('one that is busy is asked again', async () => {
  await using cache = await startReceiver((response) =>
    response.writeHead(cache.received.length < 2 ? 503 : 200, { 'retry-after': '0' }).end(),
  );
  await purge({ url: cache.url });
  expect(cache.received).toHaveLength(2);
});

test('the address may be a secret; its path is never told', async () => {
  await using cache = await startReceiver((response) => response.writeHead(400).end());
  const failed = purge({ url: { env: 'URL' } }, fakeScope({ secrets: { URL: `${cache.url}/s3cret` } }));
  await expect(failed).rejects.toThrow(`The cache at ${cache.url} did not take the PURGE: it answered 400.`);
});

test('the signal ends it', async () => {
  const stop = new AbortController();
  await using cache = await startReceiver(() => stop.abort(new Error('enough')));
  await expect(purge({ url: cache.url }, fakeScope({ signal: stop.signal }))).rejects.toThrow('enough');
});

test('a resumed one purges once more', () => {
  expect(create({ url: 'https://cdn.example.com/' }).interrupted).toBe('again');
});

test.each([
  [{}],
  [{ url: [] }],
  [{ url: 'http://cdn.example.com/' }],
  [{ url: 'https://cdn.example.com/', method: 'purge it' }],
  [{ url: 'https://cdn.example.com/', status: 99 }],
  [{ url: 'https://cdn.example.com/', tags: [] }],
])('%j is refused', (raw) => {
  expect(() => hook.parse(raw)).toThrow(expect.objectContaining({ issues: [expect.anything()] }));
});
