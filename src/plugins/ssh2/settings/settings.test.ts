import { expect, test } from 'vitest';
import { fakeScope } from '../../testing/scope.ts';
import { Options } from '../options.ts';
import { expandPath, type Tokens } from './expand.ts';
import { parseJumps } from './jumps.ts';
import { parseDirectives } from './openSsh.ts';
import { resolveHost } from './resolve.ts';

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
