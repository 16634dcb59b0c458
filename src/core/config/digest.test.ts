import { expect, test } from 'vitest';
import { configDigest } from './digest.ts';
import { makeSecret } from './makeSecret.ts';
import { plainCommand, plainEnvironment, plainNotifier, plainServer } from './testing/plain.ts';
import type { EnvironmentConfig, HookConfig } from './types.ts';

const command = plainCommand('make');
const server = plainServer('web1', '/srv', { transport: 'wire', options: { host: 'a', port: 22 } });
const hook = (options: unknown): HookConfig => ({
  at: 'after:activate',
  name: 'ping',
  options,
  secrets: [],
  on: 'all',
  deadlineMs: null,
});
const environment = plainEnvironment({
  branch: 'main',
  shared: { directories: ['storage'], files: [] },
  commands: { postUpload: [command], postLaunch: [] },
  servers: [server],
  hooks: [hook({ url: 'https://example.com/' })],
  notify: [plainNotifier('post', { options: { url: { env: 'URL' } } })],
});
const digest = (changes: Partial<EnvironmentConfig>, application = 'shop') =>
  configDigest({ ...environment, ...changes }, application);

test('is a sha256 that depends on the content, not on the order of keys', () => {
  expect(digest({})).toMatch(/^[0-9a-f]{64}$/);
  const { name, ...rest } = environment;
  expect(configDigest({ ...rest, name }, 'shop')).toBe(digest({}));
  const [first] = environment.hooks;
  const { at, ...others } = first!;
  const hooks = [{ ...others, at }];
  expect(digest({ hooks })).toBe(digest({}));
});

test.each<[string, Partial<EnvironmentConfig>]>([
  ['name', { name: 'staging' }],
  ['keep', { keep: 'all' }],
  ['shared', { shared: { directories: [], files: ['storage'] } }],
  ['how releases are linked', { link: 'copy' }],
  ['what is not linked', { unshare: ['*.db'] }],
  ['a command', { commands: { postUpload: [{ ...command, on: 'first' }], postLaunch: [] } }],
  ['when a command runs', { commands: { postUpload: [], postLaunch: [command] } }],
  ['a role', { servers: [{ ...server, roles: ['cron'] }] }],
  ['a hook', { hooks: [] }],
  ['an option of a hook', { hooks: [hook({ url: 'https://example.org/' })] }],
  ['for whom a hook runs', { hooks: [{ ...hook({ url: 'https://example.com/' }), on: 'first' }] }],
  ['how long a hook may take', { hooks: [{ ...hook({ url: 'https://example.com/' }), deadlineMs: 1_000 }] }],
])('changes with %s', (_, changes) => {
  expect(digest(changes)).not.toBe(digest({}));
});

test('changes with the application', () => {
  expect(digest({}, 'other')).not.toBe(digest({}));
});

test.each<[string, Partial<EnvironmentConfig>]>([
  ['the branch', { branch: null }],
  ['who is told', { notify: [] }],
  ['how the group changes over', { strategy: 'sequential', batch: { percent: 50 }, onFailure: 'keep' }],
  ['how a server is reached', { servers: [{ ...server, transport: 'here', options: { host: 'b' } }] }],
  ['another server', { servers: [server, { ...server, name: 'web2' }] }],
])('stays with %s', (_, changes) => {
  expect(digest(changes)).toBe(digest({}));
});

test('takes what extensions make of options: maps, URLs, patterns; never the value of a secret', () => {
  const options = (value: unknown) => digest({ hooks: [hook({ value })] });
  const values = [new Map([['a', 1]]), new Map(), new URL('https://a/'), /a/, /b/, undefined, 5n, Infinity];
  expect(new Set(values.map(options)).size).toBe(values.length);
  expect(options(makeSecret('one'))).toBe(options(makeSecret('two')));
});
