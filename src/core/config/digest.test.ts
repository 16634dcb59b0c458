import { expect, test } from 'vitest';
import { configDigest } from './digest.ts';
import { makeSecret } from './makeSecret.ts';
import type { EnvironmentConfig } from './types.ts';

const command = { run: 'make', cwd: 'release', on: 'all', timeoutMs: null, idleTimeoutMs: null } as const;
const server = { name: 'web1', transport: 'wire', path: '/srv', options: { host: 'a', port: 22 } };
const environment: EnvironmentConfig = {
  name: 'production',
  branch: 'main',
  strategy: 'parallel',
  keep: 3,
  shared: { directories: ['storage'], files: [] },
  link: 'auto',
  unshare: [],
  commands: { postUpload: [command], postLaunch: [] },
  servers: [server],
  hooks: [{ at: 'after:activate', name: 'ping', options: { url: 'https://example.com/' } }],
  notify: [{ name: 'post', options: { url: { env: 'URL' } } }],
};
const digest = (changes: Partial<EnvironmentConfig>, application = 'shop') =>
  configDigest({ ...environment, ...changes }, application);

test('is a sha256 that depends on the content, not on the order of keys', () => {
  expect(digest({})).toMatch(/^[0-9a-f]{64}$/);
  const { name, ...rest } = environment;
  expect(configDigest({ ...rest, name }, 'shop')).toBe(digest({}));
  expect(digest({ servers: [{ ...server, options: { port: 22, host: 'a' } }] })).toBe(digest({}));
});

test.each<[string, Partial<EnvironmentConfig>]>([
  ['name', { name: 'staging' }],
  ['keep', { keep: 'all' }],
  ['shared', { shared: { directories: [], files: ['storage'] } }],
  ['how releases are linked', { link: 'copy' }],
  ['what is not linked', { unshare: ['*.db'] }],
  ['a command', { commands: { postUpload: [{ ...command, on: 'first' }], postLaunch: [] } }],
  ['when a command runs', { commands: { postUpload: [], postLaunch: [command] } }],
  ['a path', { servers: [{ ...server, path: '/srv2' }] }],
  ['a transport', { servers: [{ ...server, transport: 'here' }] }],
  ['an option', { servers: [{ ...server, options: { host: 'b', port: 22 } }] }],
  ['the servers', { servers: [server, { ...server, name: 'web2' }] }],
  ['a hook', { hooks: [] }],
])('changes with %s', (_, changes) => {
  expect(digest(changes)).not.toBe(digest({}));
});

test('changes with the application, and with the order of servers', () => {
  expect(digest({}, 'other')).not.toBe(digest({}));
  const other = { ...server, name: 'web2' };
  expect(digest({ servers: [server, other] })).not.toBe(digest({ servers: [other, server] }));
});

test('stays when only the branch or the notifiers change', () => {
  expect(digest({ branch: null, notify: [] })).toBe(digest({}));
});

test('takes what extensions make of options: maps, URLs, patterns; never the value of a secret', () => {
  const options = (value: unknown) => digest({ servers: [{ ...server, options: { value } }] });
  const values = [new Map([['a', 1]]), new Map(), new URL('https://a/'), /a/, /b/, undefined, 5n, Infinity];
  expect(new Set(values.map(options)).size).toBe(values.length);
  expect(options(makeSecret('one'))).toBe(options(makeSecret('two')));
});
