import { execFileSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeScope } from '../../../src/plugins/testing/scope.ts';
import { output } from '../ssh2/support.ts';
import { scratch } from '../support/scratch.ts';
import { type SshServer, startServer } from '../support/sshServer.ts';
import { byKey, connect, type Options } from './opensshLink.ts';

let server: SshServer;
beforeAll(async () => {
  server = await startServer({ image: 'openssh' });
});
afterAll(() => server?.stop());

test('what it cannot do is told with what to do', async () => {
  const failing = async (more: Options) =>
    connect(byKey(server, more)).then(
      () => 'in',
      ({ code, message, hint }) => ({ code, message, hint }),
    );
  expect(await failing({ port: 1 })).toMatchObject({
    code: 'E_UNREACHABLE',
    message: 'Could not connect to 127.0.0.1: nothing listens there (connection refused).',
  });
  expect(await failing({ host: 'no-such-host.invalid' })).toMatchObject({
    code: 'E_UNREACHABLE',
    message: expect.stringContaining('name'),
  });
  expect(await failing({ user: 'nobody' })).toMatchObject({
    code: 'E_AUTHENTICATION',
    message: expect.stringContaining('Permission denied (publickey'),
    hint: expect.stringContaining('ssh-add'),
  });
  expect(await failing({ knownHostsFile: '/dev/null' })).toMatchObject({
    code: 'E_HOST_KEY',
    hint: expect.stringContaining('compare the fingerprint'),
  });
  await using user = await scratch();
  const changed = join(user.path, 'known_hosts');
  const other = execFileSync('sh', [
    '-c',
    'ssh-keygen -q -t ed25519 -N "" -f "$1/k" && cut -d" " -f1,2 "$1/k.pub"',
    'sh',
    user.path,
  ]);
  await writeFile(changed, `[${server.host}]:${server.port} ${other}`);
  expect(await failing({ knownHostsFile: changed })).toMatchObject({
    code: 'E_HOST_KEY',
    hint: expect.stringMatching(/SHA256:.* from line 1 of .*known_hosts/),
  });
  expect(await failing({ sshOptions: ['NoSuchThing=1'] })).toMatchObject({ code: 'E_CONFIG' });
  expect(await failing({ program: 'no-such-ssh' })).toMatchObject({ code: 'E_CAPABILITY' });
});

test('a user certificate that an authority signed lets in, where the server knows no key', async () => {
  await using own = await startServer({ image: 'openssh', sshd: ['TrustedUserCAKeys=/etc/ssh/ca.pub'] });
  await using user = await scratch();
  const run = (script: string) => execFileSync('sh', ['-c', script], { cwd: user.path });
  run('ssh-keygen -q -t ed25519 -N "" -f ca && ssh-keygen -q -t ed25519 -N "" -f id');
  const identityFile = join(user.path, 'id');
  await own.container.copyFilesToContainer([
    { source: join(user.path, 'ca.pub'), target: '/etc/ssh/ca.pub' },
  ]);
  await expect(connect(byKey(own, { identityFile }))).rejects.toMatchObject({ code: 'E_AUTHENTICATION' });
  run('ssh-keygen -q -s ca -I test -n deploy id.pub');
  await using link = await connect(byKey(own, { identityFile }));
  expect(await output(link, ['whoami'])).toBe('deploy\n');
});

test('any ProxyCommand is a way, from options or from ssh_config', async () => {
  await using user = await scratch();
  const way = join(user.path, 'way');
  await writeFile(
    way,
    `#!${process.execPath}
const socket = require('node:net').connect(Number(process.argv[2]), '127.0.0.1');
process.stdin.pipe(socket).pipe(process.stdout);
`,
  );
  await chmod(way, 0o700);
  const hidden = { host: 'hidden.example', port: 2222, knownHostsFile: server.knownHostsPath };
  const alias = `HostKeyAlias=[${server.host}]:${server.port}`;
  const command = `ProxyCommand=${way} ${server.port}`;
  await using first = await connect(byKey(server, { ...hidden, sshOptions: [command, alias] }));
  expect(await output(first, ['whoami'])).toBe('deploy\n');
  const configFile = join(user.path, 'config');
  await writeFile(
    configFile,
    `Host hidden.example\n${command.replace('=', ' ')}\n${alias.replace('=', ' ')}\n`,
  );
  await using second = await connect(byKey(server, { ...hidden, configFile }));
  expect(await output(second, ['whoami'])).toBe('deploy\n');
});

test('what ssh asks the user to do is told at once, and a password is asked for by nobody', async () => {
  await using user = await scratch();
  const program = join(user.path, 'ssh');
  await writeFile(
    program,
    `#!/bin/sh
SSH_ASKPASS_PROMPT=none "$SSH_ASKPASS" "Confirm user presence for key ED25519-SK"
exec ssh "$@"
`,
  );
  await chmod(program, 0o700);
  const scope = fakeScope();
  await using link = await connect(byKey(server, { program }), scope);
  expect(scope.lines).toEqual([`${server.host}: Confirm user presence for key ED25519-SK`]);
  expect(await output(link, ['true'])).toBe('');
  const locked = join(user.path, 'locked');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', locked]);
  await expect(connect(byKey(server, { identityFile: locked }))).rejects.toMatchObject({
    code: 'E_AUTHENTICATION',
  });
});
