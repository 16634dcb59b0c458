import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeUser } from '../../../src/plugins/ssh2/testing/client.ts';
import { makeKey } from '../../../src/plugins/ssh2/testing/server.ts';
import { logUntil } from '../support/serverLog.ts';
import { type SshServer, startServer } from '../support/sshServer.ts';
import { byKey, never, output, trusting } from './support.ts';

let server: SshServer;
beforeAll(async () => {
  server = await startServer({ image: 'openssh' });
});
afterAll(() => server?.stop());

test('an unknown one is refused; the advice makes it known', async () => {
  await using user = await makeUser();
  const refused = await user.connect(byKey(server)).catch((error: Error & { hint?: string }) => error);
  expect(refused).toMatchObject({ code: 'E_HOST_KEY' });
  const advice = /`(ssh-keyscan .*?)`/.exec((refused as { hint?: string }).hint ?? '')?.[1] ?? 'false';
  execFileSync('sh', ['-c', advice], { stdio: ['ignore', 'pipe', 'ignore'] });
  const connection = await user.connect(byKey(server));
  expect(await output(connection, ['id', '-un'])).toBe('deploy\n');
});

test.each(['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'])(
  'one that is known as %s alone is found',
  async (type) => {
    await using user = await makeUser();
    const lines = (await readFile(server.knownHostsPath, 'utf8')).split('\n');
    const file = await user.write('known_hosts', `${lines.find((line) => line.includes(type))}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    const connection = await user.connect(byKey(server));
    expect(await output(connection, ['id', '-un'])).toBe('deploy\n');
  },
);

test('a changed one is refused, and the server hears of no user', async () => {
  await using own = await startServer({ image: 'openssh', sshd: ['LogLevel=DEBUG1'] });
  await using user = await makeUser();
  const other = makeKey('ed25519').public.split(' ').slice(0, 2).join(' ');
  const file = await user.write('known_hosts', `[${own.host}]:${own.port} ${other}\n`);
  const shown = own.hostKeys.find(({ type }) => type === 'ssh-ed25519')?.fingerprint;
  const options = byKey(own, { password: { env: 'PASSWORD' } });
  const refused = await user.connect(options).catch((error: Error) => error);
  expect(refused).toMatchObject({
    code: 'E_HOST_KEY',
    message: expect.stringContaining(`${file}:1 has ssh-ed25519`),
  });
  expect((refused as Error).message).toContain(`the server shows ${shown}.`);
  const hung = /Connection (closed|reset)|[Dd]isconnect/;
  expect(await logUntil(own, hung)).not.toMatch(/userauth-request/);
  // The same log would show it.
  await user.connect({ ...options, hostKey: shown ?? '' });
  expect(await logUntil(own, /Accepted publickey/)).toMatch(/userauth-request for user deploy/);
});

test('each is checked and logged in to by itself; when it goes, so does what is behind it', async () => {
  await using jump = await startServer({ image: 'openssh' });
  await using user = await trusting(jump);
  const address = server.container.getIpAddress(server.container.getNetworkNames()[0] ?? '');
  await user.write(
    'config',
    `Host door\n  HostName ${jump.host}\n  Port ${jump.port}\n  User ${jump.user}\n  IdentityFile ${jump.privateKeyPath}\n`,
  );
  const options = { ...byKey(server), host: address, port: 22, proxyJump: 'door' };
  await expect(user.connect(options)).rejects.toMatchObject({
    code: 'E_HOST_KEY',
    message: expect.stringContaining(`${address}:22 is not known`),
  });
  const known = server.hostKeys.map(({ type, base64 }) => `${address} ${type} ${base64}\n`).join('');
  await user.write('known_hosts', (await readFile(jump.knownHostsPath, 'utf8')) + known);
  const connection = await user.connect(options);
  expect(await output(connection, ['hostname'])).toBe((await server.exec(['hostname'])).stdout);
  expect(await output(connection, ['sh', '-s'], `echo ${'x'.repeat(1_000_000)} | wc -c`)).toBe('1000001\n');
  const running = connection.exec?.({
    argv: ['sh', '-c', 'echo up; sleep 60'],
    signal: never,
    onStdout: () => void jump.stop(),
  });
  expect(await running).toMatchObject({ exit: { type: 'unknown' } });
  expect(await connection.closed).toEqual(expect.any(String));
});
