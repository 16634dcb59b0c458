import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { fakeScope } from '../../testing/scope.ts';
import { Options } from '../options.ts';
import { makeUser, type TestUser } from '../testing/client.ts';
import { expandPath, type Tokens } from './expand.ts';
import { parseJumps } from './jumps.ts';
import { parseDirectives } from './openSsh.ts';
import { resolveHost } from './resolve.ts';
import { findRoute } from './route.ts';
import { readSshConfig } from './sshConfigFile.ts';

test.each([
  ['bastion', [{ host: 'bastion', user: null, port: null }]],
  ['ann@bastion:2222', [{ host: 'bastion', user: 'ann', port: 2222 }]],
  ['ssh://ann@bastion:2222/', [{ host: 'bastion', user: 'ann', port: 2222 }]],
  [
    'a, bob@[2001:db8::1]:22',
    [
      { host: 'a', user: null, port: null },
      { host: '2001:db8::1', user: 'bob', port: 22 },
    ],
  ],
  ['none', []],
  ['', null],
  ['-oProxyCommand=x', null],
  ['a:0', null],
  ['a:99999', null],
  ['a b', null],
  ['a,,b', null],
])('ProxyJump %j', (text, jumps) => {
  expect(parseJumps(text)).toEqual(jumps);
});

const tokens: Tokens = {
  homeDirectory: '/home/ann',
  localUser: 'ann',
  localHost: 'laptop.example',
  name: 'web',
  host: 'web1.example',
  port: 2222,
  user: 'deploy',
  env: { KEYS: '/keys' },
};

test.each([
  ['~/.ssh/id', '/home/ann/.ssh/id'],
  ['~bob/x', '~bob/x'],
  ['%d/%n-%h-%p-%r-%u-%l-%L-%%-%z', '/home/ann/web-web1.example-2222-deploy-ann-laptop.example-laptop-%-%z'],
  [`\${KEYS}/\${NOTHING}`, `/keys/\${NOTHING}`],
])('%s is expanded', (path, expanded) => {
  expect(expandPath(path, tokens)).toBe(expanded);
});

const around = {
  homeDirectory: '/home/ann',
  accountDirectory: '/home/ann',
  localUser: 'ann',
  localHost: 'laptop',
  env: { SSH_AUTH_SOCK: '/run/agent', OTHER_AGENT: '/run/other' },
};
const resolve = (options: object, config = '') =>
  resolveHost(
    Options.parse({ host: 'web', ...options }),
    parseDirectives(config),
    around,
    fakeScope().resolvePath,
  );

test('with nothing configured, defaults are those of OpenSSH', () => {
  expect(resolve({})).toMatchObject({
    host: 'web',
    port: 22,
    user: 'ann',
    userKnownHostsFiles: ['/home/ann/.ssh/known_hosts', '/home/ann/.ssh/known_hosts2'],
    globalKnownHostsFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
    identitiesFrom: 'default',
    identitiesOnly: false,
    agentSocket: '/run/agent',
    acceptNewHostKeys: false,
    connectTimeoutMs: 20_000,
    keepaliveIntervalMs: 10_000,
    keepaliveCountMax: 3,
  });
  expect(resolve({}).identityFiles).toContain('/home/ann/.ssh/id_ed25519');
});

const config = `hostname web1.example
port 2222
user deploy
identityfile ~/.ssh/%h
identityfile /keys/two
userknownhostsfile ~/.ssh/kh /etc/kh
stricthostkeychecking accept-new
connecttimeout 7
serveraliveinterval 5
identitiesonly yes
hostkeyalias fleet
addressfamily inet6
identityagent $OTHER_AGENT`;

test('ssh_config fills in what the configuration leaves out', () => {
  expect(resolve({}, config)).toMatchObject({
    name: 'web',
    host: 'web1.example',
    port: 2222,
    user: 'deploy',
    hostKeyAlias: 'fleet',
    userKnownHostsFiles: ['/home/ann/.ssh/kh', '/etc/kh'],
    identityFiles: ['/home/ann/.ssh/web1.example', '/keys/two'],
    identitiesFrom: 'sshConfig',
    identitiesOnly: true,
    agentSocket: '/run/other',
    acceptNewHostKeys: true,
    connectTimeoutMs: 7_000,
    keepaliveIntervalMs: 5_000,
    ipVersion: 6,
  });
});

test('the configuration wins over ssh_config', () => {
  const options = {
    port: 22,
    user: 'root',
    identityFile: ['keys/one', '~/two'],
    identitiesOnly: false,
    knownHostsFile: 'known_hosts',
    strictHostKeyChecking: true,
    connectTimeout: '3s',
    keepaliveInterval: 1,
    agent: '~/agent.sock',
  };
  expect(resolve(options, config)).toMatchObject({
    host: 'web1.example',
    port: 22,
    user: 'root',
    userKnownHostsFiles: ['/configuration/known_hosts'],
    identityFiles: ['/configuration/keys/one', '/home/ann/two'],
    identitiesFrom: 'configuration',
    identitiesOnly: false,
    agentSocket: '/home/ann/agent.sock',
    acceptNewHostKeys: false,
    connectTimeoutMs: 3_000,
    keepaliveIntervalMs: 1_000,
  });
  expect(resolve({ agent: false }, config).agentSocket).toBeNull();
});

test.each([
  ['identityagent none', null],
  ['identityagent SSH_AUTH_SOCK', '/run/agent'],
  ['identityagent "~/a b"', '/home/ann/a b'],
  ['identityagent $ABSENT', null],
])('%s', (line, socket) => {
  expect(resolve({}, line).agentSocket).toBe(socket);
});

test('StrictHostKeyChecking no of ssh_config does not turn the check off', () => {
  expect(resolve({}, 'stricthostkeychecking no').acceptNewHostKeys).toBe(false);
});

test.each([
  [{ hots: 'x' }, 'hots'],
  [{ host: '-oProxyCommand=x' }, 'host'],
  [{ host: 'a b' }, 'host'],
  [{ port: 0 }, 'port'],
  [{ password: 'hunter2' }, 'password'],
  [{ hostKey: 'MD5:aa' }, 'hostKey'],
  [{ proxyJump: 'a b' }, 'proxyJump'],
  [{ connectTimeout: 'soon' }, 'connectTimeout'],
  [{ strictHostKeyChecking: false }, 'strictHostKeyChecking'],
])('%j is refused, naming the option', (options, name) => {
  const { error } = Options.safeParse({ host: 'web', ...options });
  expect(JSON.stringify(error?.issues)).toContain(`"${name}"`);
  expect(JSON.stringify(error?.issues)).not.toContain('hunter2');
});

const CONFIG = `
Include more/*.conf
Host web
  HostName %h1.example
  User deploy
  ProxyJump ann@door:2200,inner
Host inner
  Port 2201
  ProxyJump ignored
Host door
  ProxyJump outer
  UserKnownHostsFile ~/.ssh/kh_%h
Host odd
  ProxyCommand nc %h %p
Host loop
  ProxyJump back
Host back
  ProxyJump loop
Match host matched exec "false"
  User nobody
`;

function routeOf(user: TestUser, options: object) {
  return findRoute(Options.parse(options), user.scope, user.around);
}

test.each(['OpenSSH', 'without OpenSSH'])(
  'the way leads over all jumps, each with its own settings (%s)',
  async (client) => {
    await using user = await makeUser(client === 'OpenSSH' ? {} : { env: { PATH: '/nonexistent' } });
    await user.write('config', CONFIG);
    const route = await routeOf(user, { host: 'web' });
    expect(route.map(({ user, host, port }) => `${user}@${host}:${port}`)).toEqual(
      ['tester@outer:22', 'ann@door:2200', 'tester@inner:2201', 'deploy@web1.example:22'].map((hop) =>
        client === 'OpenSSH' ? hop.replace('tester@', `${userInfo().username}@`) : hop,
      ),
    );
    expect(route[1]?.userKnownHostsFiles).toEqual([`${user.home}/.ssh/kh_door`]);
    const notes = user.scope.lines.filter((line) =>
      line.includes(`${user.home}/.ssh/config is not followed`),
    );
    expect(notes.map((line) => line.replace(/ in .*/, ''))).toEqual(
      client === 'OpenSSH' ? [] : ['Include', 'Match exec'],
    );
  },
);

test('a jump of the configuration replaces the one of ssh_config, `none` removes it', async () => {
  await using user = await makeUser();
  await user.write('config', CONFIG);
  expect((await routeOf(user, { host: 'web', proxyJump: 'none' })).length).toBe(1);
  expect((await routeOf(user, { host: 'odd', proxyJump: 'none' })).length).toBe(1);
  const [jump] = await routeOf(user, {
    host: 'web',
    proxyJump: 'bob@side:1',
    identityFile: 'key',
    password: { env: 'P' },
    hostKey: `SHA256:${'A'.repeat(43)}`,
  });
  expect(jump).toMatchObject({
    user: 'bob',
    host: 'side',
    port: 1,
    identityFiles: ['/configuration/key'],
    // What is about the server does not go to the host before it.
    password: null,
    pinned: [],
  });
});

test('what cannot be followed is said', async () => {
  await using user = await makeUser();
  await user.write('config', CONFIG);
  await expect(routeOf(user, { host: 'odd' })).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    message: expect.stringContaining('ProxyCommand'),
  });
  await expect(routeOf(user, { host: 'loop' })).rejects.toMatchObject({
    code: 'E_CONFIG',
    message: expect.stringContaining('more than 8 jumps'),
  });
  await user.write('config', 'Nonsense yes\n');
  await expect(routeOf(user, { host: 'web' })).rejects.toMatchObject({
    code: 'E_CONFIG',
    message: expect.stringContaining('Nonsense'.toLowerCase()),
  });
});

test('the system file comes after the user’s own', async () => {
  await using user = await makeUser();
  await user.write('config', 'Host web\n  User mine\nHost other\n  User nobody\n');
  const system = await user.write('system', 'Port 2222\nUser theirs\n');
  const found = await readSshConfig({ host: 'web', user: null, port: null }, user.around, () => {}, system);
  expect(found.get('user')).toEqual(['mine']);
  expect(found.get('port')).toEqual(['2222']);
});
