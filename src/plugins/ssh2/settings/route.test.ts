import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { Options } from '../options.ts';
import { makeUser, type TestUser } from '../testing/client.ts';
import { findRoute } from './route.ts';
import { readSshConfig } from './sshConfigFile.ts';

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
