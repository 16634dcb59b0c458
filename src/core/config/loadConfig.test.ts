import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from './loadConfig.ts';
import { fakeExtensions } from './testing/extensions.ts';
import { folderWith } from './testing/folder.ts';
import { load, production } from './testing/load.ts';
import { plainCommand } from './testing/plain.ts';

const small = production();

test('a small configuration gets its defaults, and paths from its own folder', async () => {
  const directory = await folderWith({ 'cutover.yaml': small });
  const config = await loadConfig(join(directory, 'cutover.yaml'), { extensions: fakeExtensions });
  expect(config).toEqual({
    file: join(directory, 'cutover.yaml'),
    application: 'shop',
    source: { type: 'git', repository: directory, subdirectory: null, exclude: [] },
    environments: {
      production: {
        name: 'production',
        branch: null,
        strategy: 'parallel',
        batch: { servers: 1 },
        pauseMs: 0,
        onFailure: 'revert-all',
        maxUnreachable: 0,
        concurrency: { logins: 32, uploads: 16 },
        keep: 3,
        shared: { directories: [], files: [] },
        link: 'auto',
        unshare: [],
        commands: { postUpload: [], postLaunch: [] },
        servers: [
          { name: 'web1', roles: [], transport: 'here', path: '/srv/shop', options: {}, secrets: [] },
        ],
        hooks: [],
        notify: [],
      },
    },
  });
});

test('everything that can be said arrives', async () => {
  const { environments } = await load(
    production(
      'branch: release/2.x',
      'keep: all',
      'strategy: sequential',
      'batch: 25%',
      'pause: 1m',
      'onFailure: revert-server',
      'maxUnreachable: 1',
      'concurrency: { uploads: 4 }',
      'shared: { directories: [storage/, ./var//log], files: [.env] }',
      'link: reflink',
      'unshare: ["*.db", /var/]',
      'commands:',
      '  postUpload: [make, { run: "make db", on: first, cwd: root, timeout: 5m, idleTimeout: 30s, retries: 2, when: { changed: ["*.sql"] } }]',
      '  postLaunch: [reload, { run: x, cwd: current }, { run: y, cwd: root }]',
      'servers:',
      '  b: { transport: wire, host: b.example.com, password: { env: PW }, path: "~/shop/", roles: [db] }',
      '  a: { transport: here, path: /srv//shop }',
      'hooks:',
      '  "after:activate": [{ ping: { url: "https://example.com/" } }]',
      '  onFailure: [{ on: last, ping: { url: "https://example.com/" }, deadline: 2m }]',
      '  "before:prune": [{ ping: { url: "https://example.com/", status: 204 } }]',
      'notify: [{ post: { url: { command: "op read x" } } }]',
    ),
  );
  const command = plainCommand('');
  const ping = {
    name: 'ping',
    options: { url: 'https://example.com/' },
    secrets: [],
    on: 'all',
    deadlineMs: null,
  };
  expect(environments.production).toEqual({
    name: 'production',
    branch: 'release/2.x',
    strategy: 'sequential',
    batch: { percent: 25 },
    pauseMs: 60_000,
    onFailure: 'revert-server',
    maxUnreachable: 1,
    concurrency: { logins: 32, uploads: 4 },
    keep: 'all',
    shared: { directories: ['storage', 'var/log'], files: ['.env'] },
    link: 'reflink',
    unshare: ['*.db', '/var/'],
    commands: {
      postUpload: [
        { ...command, run: 'make' },
        plainCommand('make db', {
          cwd: 'root',
          on: 'first',
          retries: 2,
          when: { type: 'changed', patterns: ['*.sql'] },
          timeoutMs: 300_000,
          idleTimeoutMs: 30_000,
        }),
      ],
      postLaunch: [
        { ...command, run: 'reload' },
        { ...command, run: 'x' },
        { ...command, run: 'y', cwd: 'root' },
      ],
    },
    servers: [
      {
        name: 'b',
        roles: ['db'],
        transport: 'wire',
        path: '~/shop',
        options: { host: 'b.example.com', password: { env: 'PW' } },
        secrets: [{ env: 'PW' }],
      },
      { name: 'a', roles: [], transport: 'here', path: '/srv/shop', options: {}, secrets: [] },
    ],
    hooks: [
      { ...ping, at: 'after:activate' },
      { ...ping, at: 'before:prune', options: { url: 'https://example.com/', status: 204 } },
      { ...ping, at: 'onFailure', on: 'last', deadlineMs: 120_000 },
    ],
    notify: [
      {
        name: 'post',
        options: { url: { command: 'op read x' } },
        secrets: [{ command: 'op read x' }],
        events: ['succeeded', 'failed', 'compensated', 'stranded', 'rolledBack', 'backToSuccess'],
        deadlineMs: null,
        text: null,
      },
    ],
  });
});

test('a directory source and a subdirectory are found from the file', async () => {
  const directory = await folderWith({
    'a/cutover.yaml': small.replace('{ git: . }', '{ directory: ../dist, exclude: ["*.map"] }'),
    'b/cutover.yaml': small.replace('{ git: . }', '{ git: ~/shop, subdirectory: web/ }'),
  });
  const options = { extensions: fakeExtensions };
  const { source: first } = await loadConfig(join(directory, 'a/cutover.yaml'), options);
  const { source: second } = await loadConfig(join(directory, 'b/cutover.yaml'), options);
  expect(first).toEqual({ type: 'directory', directory: join(directory, 'dist'), exclude: ['*.map'] });
  expect(second).toEqual({
    type: 'git',
    repository: join(homedir(), 'shop'),
    subdirectory: 'web',
    exclude: [],
  });
});

test('JSON is read, also when tabs indent it', async () => {
  const json = {
    application: 'shop',
    source: { git: '.' },
    environments: { production: { servers: { web1: { transport: 'here', path: '/srv/shop' } } } },
  };
  const config = await load(JSON.stringify(json, null, '\t'), 'cutover.config.json');
  expect(config.environments.production?.servers[0]?.path).toBe('/srv/shop');
});

test('anchors and merge keys let servers share options', async () => {
  const { environments } = await load(
    production(
      'servers:',
      '  web1: &web { transport: wire, host: one, user: deploy, path: /srv/shop }',
      '  web2: { <<: *web, host: two }',
    ),
  );
  expect(environments.production?.servers.map(({ options }) => options)).toEqual([
    { host: 'one', user: 'deploy' },
    { host: 'two', user: 'deploy' },
  ]);
});

test('the names of environments are only those of the file', async () => {
  const { environments } = await load(small.replace('production:', 'constructor:'));
  expect(environments.constructor?.name).toBe('constructor');
  expect(environments.toString).toBeUndefined();
});

const object = `{
  application: 'shop',
  source: { git: '.', nothing: undefined },
  environments: { production: { branch: undefined, servers: { web1: { transport: 'here', path: '/srv' } } } },
}`;

test.each([
  ['an object', 'cutover.config.ts', `const config: object = ${object};\nexport default config;`],
  ['a function', 'cutover.config.mjs', `export default () => (${object});`],
  ['an async function', 'cutover.config.mts', `export default async (): Promise<object> => (${object});`],
])('a module may export %s', async (_, name, text) => {
  const config = await load(text, name);
  expect(config.environments.production?.servers[0]?.path).toBe('/srv');
});
