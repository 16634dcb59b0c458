import { expect, test } from 'vitest';
import { load, production, wrong } from './testing/load.ts';

test.each([
  ['/', 'found "/"'],
  ['//', 'found "//"'],
  ['srv/shop', 'found "srv/shop"'],
  ['/srv/../shop', 'found "/srv/../shop"'],
  ['/srv/./shop', 'found "/srv/./shop"'],
  ['~', 'found "~"'],
  ['~/', 'found "~/"'],
  ['/srv/\\u0007', 'found "/srv/\\u0007"'],
])('a server cannot stand at %s', async (path, found) => {
  const lines = await wrong(production(`servers: { web1: { transport: here, path: "${path}" } }`));
  expect(lines).toEqual([expect.stringContaining(found)]);
});

test.each(['/etc', '../x', 'a/../b', '.', '~/x', 'a\\nb', 'a/./b', ''])(
  '"%s" cannot be shared',
  async (path) => {
    const lines = await wrong(production(`shared: { files: ["${path}"] }`));
    expect(lines).toEqual([expect.stringContaining('expected a path relative to the release')]);
  },
);

test.each([
  ['{ directories: [a, a/] }', '"a" is listed twice'],
  ['{ directories: [a], files: [a] }', '"a" is listed twice'],
  ['{ directories: [storage], files: [storage/key] }', '"storage/key" is inside "storage", which is shared'],
  ['{ directories: [a/b, a] }', '"a/b" is inside "a", which is shared'],
])('shared: %s', async (shared, expected) => {
  expect(await wrong(production(`shared: ${shared}`))).toEqual([expect.stringContaining(expected)]);
});

test('neighbours with the same beginning may both be shared', async () => {
  await expect(load(production('shared: { directories: [storage, storage2] }'))).resolves.toBeDefined();
});

test('two servers with the same way and path are one place', async () => {
  const lines = await wrong(
    production(
      'servers:',
      '  web1: { transport: wire, host: a, port: 22, path: /srv }',
      '  web2: { transport: wire, port: 22, host: a, path: /srv/ }',
      '  web3: { transport: wire, host: b, port: 22, path: /srv }',
      '  web4: { transport: wire, host: a, port: 22, path: /srv2 }',
    ),
  );
  expect(lines).toEqual([
    'cutover.yaml:7:7  environments.production.servers.web2: is the same place as "web1"',
  ]);
});
