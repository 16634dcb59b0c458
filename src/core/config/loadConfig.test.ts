import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CutoverError, messageOf } from '../contract/index.ts';
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

test('a plugin that is missing is named with its place', async () => {
  const error = load(production('servers: { web1: { transport: warp, path: /srv } }'));
  await expect(error).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: 'cutover.yaml:5:35  environments.production.servers.web1.transport: No plugin has "warp".',
    hint: 'cutover plugins install cutover-warp',
  });
});

test.for([
  ['drian: 0.1', 'unknown key; did you mean "drain"?'],
  ['pigeons: 2', 'unknown key; expected one of directory, drain'],
] as const)('an extension that names its keys by itself is helped to guess: %s', async ([option, told]) => {
  const parse = (raw: object) => {
    const issues = Object.keys(raw).map((key) => ({
      path: [key],
      message: 'unknown key; expected one of directory, drain',
    }));
    throw Object.assign(new Error('wrong options'), { issues });
  };
  const hook = async () => ({ parse: parse as never, create: parse as never });
  const text = production(`hooks: { always: [{ balancer: { ${option} } }] }`);
  const directory = await folderWith({ 'cutover.yaml': text });
  const extensions = { ...fakeExtensions, hook };
  const error = await loadConfig(join(directory, 'cutover.yaml'), { extensions, directory }).catch(messageOf);
  expect(error).toMatch(new RegExp(`balancer\\.${option.split(':')[0]}: ${told.replace('?', '\\?')}$`));
});

test('of several that are missing all hints are told, and guesses where they belong', async () => {
  const named: Readonly<Record<string, string>> = {
    pong: 'Did you mean "ping"?',
    slcak: 'There are the notifiers post.',
    warp: 'There are the transports wire.',
  };
  const gone = (name: string) =>
    Promise.reject(new CutoverError('E_PLUGIN', `No plugin has "${name}".`, { hint: named[name] ?? '' }));
  const extensions = { transport: gone, hook: gone, notifier: gone, source: gone };
  const directory = await folderWith({
    'cutover.yaml': production(
      'servers: { web1: { transport: warp, path: /srv }, web2: { transport: warp, path: /srv } }',
      'hooks: { always: [{ pong: {} }] }',
      'notify: [{ slcak: {} }]',
    ),
  });
  await expect(loadConfig(join(directory, 'cutover.yaml'), { extensions, directory })).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: expect.stringContaining('hooks.always[0].pong: No plugin has "pong". Did you mean "ping"?'),
    hint: 'There are the transports wire.\nThere are the notifiers post.',
  });
});

test('what a package would bring that is listed wrongly is not missing, too', async () => {
  const text = production('servers: { web1: { transport: warp, path: /srv } }');
  await expect(load(`plugins: ["cutover-warp@^1"]\n${text}`)).rejects.toMatchObject({
    code: 'E_CONFIG',
    message: expect.stringMatching(/^One thing is wrong in cutover\.yaml:\n.*plugins\[0\]/),
  });
});

test('a plugin that breaks while reading is named, and what it said may be secret', async () => {
  const directory = await folderWith({ 'cutover.yaml': small });
  const parse = () => {
    throw new TypeError('cannot read hunter2');
  };
  const extensions = { ...fakeExtensions, transport: async () => ({ parse, create: parse }) };
  await expect(loadConfig(join(directory, 'cutover.yaml'), { extensions })).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: 'The transport here could not read environments.production.servers.web1: it threw TypeError.',
  });
});

test('a source of a plugin comes with what the plugin made of its options', async () => {
  const text = production().replace('{ git: . }', '{ wire: { host: h, port: 22 }, exclude: [docs/] }');
  const { source } = await load(text);
  expect(source).toEqual({
    type: 'plugin',
    name: 'wire',
    options: { host: 'h', port: 22 },
    secrets: [],
    exclude: ['docs/'],
    deadlineMs: null,
  });
  const longer = await load(text.replace('exclude: [docs/]', 'deadline: 90m'));
  expect(longer.source).toMatchObject({ name: 'wire', exclude: [], deadlineMs: 5_400_000 });
  await expect(load(text.replace('wire', 'pigeon'))).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: expect.stringContaining('2:11  source.pigeon: No plugin has "pigeon".'),
  });
});

test('what a name may have meant is told beside other issues too', async () => {
  const guess = new CutoverError('E_PLUGIN', 'No plugin has "pong".', { hint: 'Did you mean "ping"?' });
  const extensions = { ...fakeExtensions, hook: () => Promise.reject(guess) };
  const text = production('keep: 0', 'hooks: { always: [{ pong: {} }] }');
  const directory = await folderWith({ 'cutover.yaml': text });
  const error = await loadConfig(join(directory, 'cutover.yaml'), { extensions, directory }).catch(messageOf);
  expect(error).toContain('hooks.always[0].pong: No plugin has "pong". Did you mean "ping"?');
  expect(error).toContain('environments.production.keep');
});
