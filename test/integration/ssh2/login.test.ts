import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAgent } from '../../../src/plugins/ssh2/testing/agent.ts';
import { makeKey } from '../../../src/plugins/ssh2/testing/server.ts';
import { type SshServer, startServer } from '../support/sshServer.ts';
import { byKey, lockedKey, login, output, trusting } from './support.ts';

let server: SshServer;
beforeAll(async () => {
  server = await startServer({ image: 'openssh' });
});
afterAll(() => server?.stop());

test('by password', async () => {
  await using user = await trusting(server);
  const connection = await user.connect(login(server, { password: { env: 'PASSWORD' } }));
  expect(await output(connection, ['id', '-un'])).toBe('deploy\n');
});

test('by key', async () => {
  await using user = await trusting(server);
  const connection = await user.connect(byKey(server));
  expect(await output(connection, ['id', '-un'])).toBe('deploy\n');
});

test('by an encrypted key and its passphrase', async () => {
  await using user = await trusting(server, { PHRASE: 'open sesame' });
  const identityFile = await lockedKey(server, user, 'open sesame');
  const connection = await user.connect(login(server, { identityFile, passphrase: { env: 'PHRASE' } }));
  expect(await output(connection, ['id', '-un'])).toBe('deploy\n');
  await expect(user.connect(login(server, { identityFile }))).rejects.toMatchObject({
    code: 'E_AUTHENTICATION',
    hint: expect.stringContaining(`ssh-add ${identityFile}`),
  });
});

test('by the agent, past seven wrong keys, with the encrypted key as its name', async () => {
  const wrong = Array.from({ length: 7 }, () => makeKey('ed25519'));
  const right = { private: await readFile(server.privateKeyPath, 'utf8'), public: '' };
  await using agent = await startAgent([...wrong, right]);
  await using user = await trusting(server);
  const identityFile = await lockedKey(server, user, 'not needed');
  const connection = await user.connect(login(server, { identityFile, agent: agent.socket }));
  expect(await output(connection, ['id', '-un'])).toBe('deploy\n');
});

test('by password, past seven wrong keys in the agent', async () => {
  await using agent = await startAgent(Array.from({ length: 7 }, () => makeKey('ed25519')));
  await using user = await trusting(server);
  const password = { env: 'PASSWORD' };
  const connection = await user.connect(login(server, { agent: agent.socket, password }));
  expect(await output(connection, ['id', '-un'])).toBe('deploy\n');
});

test('by an RSA key, through an alias of ssh_config', async () => {
  await using own = await startServer({ image: 'openssh' });
  await using user = await trusting(own);
  const key = makeKey('rsa');
  await own.exec(['sh', '-c', 'printf "%s\\n" "$0" >/home/deploy/.ssh/authorized_keys', key.public]);
  await user.write('shop_key', key.private);
  await user.write(
    'config',
    `Host shop\n  HostName ${own.host}\n  Port ${own.port}\n  User ${own.user}\n  IdentityFile ~/.ssh/%n_key\n`,
  );
  const connection = await user.connect({ host: 'shop' });
  expect(await output(connection, ['id', '-un'])).toBe('deploy\n');
});

test('a wrong password is told, with what was tried', async () => {
  await using user = await trusting(server, { PASSWORD: 'wrong' });
  await expect(user.connect(login(server, { password: { env: 'PASSWORD' } }))).rejects.toMatchObject({
    code: 'E_AUTHENTICATION',
    message: expect.stringContaining('Tried: the password. It takes: publickey, password.'),
  });
});
