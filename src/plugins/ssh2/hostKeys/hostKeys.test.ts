import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import { makeUser } from '../testing/client.ts';
import { makeKey, startTestServer, type TestServer } from '../testing/server.ts';

const never = new AbortController().signal;

test('an unknown key is refused before anything is sent, with the way to trust it', async () => {
  await using server = await startTestServer();
  await using user = await makeUser();
  const [key] = server.hostKeys;
  const file = join(user.home, '.ssh', 'known_hosts');
  const refused = await user.connectTo(server).catch((error: Error) => error);
  expect(refused).toMatchObject({
    code: 'E_HOST_KEY',
    message: `The host key of 127.0.0.1:${server.port} is not known: ssh-ed25519 ${key?.fingerprint}. Nothing was sent to it.`,
  });
  expect((refused as { hint?: string }).hint).toContain(
    `ssh-keyscan -t ed25519 -p ${server.port} 127.0.0.1 >> ${file}`,
  );
  expect((refused as { hint?: string }).hint).toContain(`hostKey: ${key?.fingerprint}`);
  expect(server.attempts).toEqual([]);
});

test('a changed key is refused with both fingerprints and the line', async () => {
  await using before = await startTestServer();
  await using server = await startTestServer();
  await using user = await makeUser();
  const file = await user.write('known_hosts', `# mine\n${knownAs(server.port, before)}`);
  await expect(user.connectTo(server)).rejects.toMatchObject({
    code: 'E_HOST_KEY',
    message: expect.stringContaining(
      `has changed: ${file}:2 has ssh-ed25519 ${before.hostKeys[0]?.fingerprint}, the server shows ${server.hostKeys[0]?.fingerprint}`,
    ),
    hint: expect.stringContaining(`ssh-keygen -R '[127.0.0.1]:${server.port}' -f ${file}`),
  });
  expect(server.attempts).toEqual([]);
});

test('a revoked key is refused though it is known', async () => {
  await using server = await startTestServer();
  await using user = await makeUser();
  const file = await user.write(
    'known_hosts',
    `${server.knownHosts}@revoked * ${server.knownHosts.split(' ').slice(1).join(' ')}`,
  );
  await expect(user.connectTo(server)).rejects.toMatchObject({
    code: 'E_HOST_KEY',
    message: expect.stringContaining(`marked as revoked in ${file}:2`),
  });
  expect(server.attempts).toEqual([]);
});

test('a key that only an authority vouches for is explained', async () => {
  await using server = await startTestServer();
  await using user = await makeUser();
  await user.write('known_hosts', `@cert-authority * ${server.knownHosts.split(' ').slice(1).join(' ')}`);
  await expect(user.connectTo(server)).rejects.toThrow('does not support host certificates');
});

test('a pinned key is enough, and another one is refused whatever known_hosts says', async () => {
  await using server = await startTestServer();
  await using user = await makeUser();
  const pin = server.hostKeys[0]?.fingerprint ?? '';
  await user.connectTo(server, { hostKey: [`SHA256:${'A'.repeat(43)}`, pin] });
  await user.trust(server);
  const accepted = server.attempts.length;
  await expect(user.connectTo(server, { hostKey: `SHA256:${'A'.repeat(43)}` })).rejects.toMatchObject({
    code: 'E_HOST_KEY',
    message: expect.stringContaining('is not the one that `hostKey` names'),
    hint: expect.stringContaining(`hostKey: ${pin}`),
  });
  expect(server.attempts.length).toBe(accepted);
});

test.each([0, 1, 2])('whichever of a server’s keys is pinned, it is asked for (%i)', async (at) => {
  const keys = [makeKey('ed25519'), makeKey('ecdsa'), makeKey('rsa')];
  await using server = await startTestServer({ hostKeys: keys.map((key) => key.private) });
  await using user = await makeUser();
  await user.connectTo(server, { hostKey: server.hostKeys[at]?.fingerprint ?? '' });
  expect(server.accepted()).toBe(at + 1);
});

test.each(['ed25519', 'ecdsa', 'rsa'] as const)(
  'a server known by its %s key alone is asked for that one',
  async (type) => {
    const keys = { ed25519: makeKey('ed25519'), ecdsa: makeKey('ecdsa'), rsa: makeKey('rsa') };
    await using server = await startTestServer({ hostKeys: Object.values(keys).map((key) => key.private) });
    await using user = await makeUser();
    const at = Object.keys(keys).indexOf(type);
    await user.write('known_hosts', server.knownHosts.split('\n')[at] ?? '');
    const connection = await user.connectTo(server);
    await connection.close();
  },
);

test('accept-new lets a new key in, writes it down and says so, once', async () => {
  await using server = await startTestServer();
  await using user = await makeUser();
  await rm(join(user.home, '.ssh'), { recursive: true });
  const file = join(user.home, '.ssh', 'known_hosts');
  await user.connectTo(server, { strictHostKeyChecking: 'accept-new' });
  expect(await readFile(file, 'utf8')).toBe(server.knownHosts);
  expect(user.scope.lines).toEqual([
    `Accepted the new host key of 127.0.0.1:${server.port}, ssh-ed25519 ${server.hostKeys[0]?.fingerprint}, and added it to ${file}.`,
  ]);
  await user.connectTo(server);
  expect(user.scope.lines.length).toBe(1);
});

test('accept-new does not let a changed key in, and keeps a torn last line apart', async () => {
  await using before = await startTestServer();
  await using server = await startTestServer();
  await using user = await makeUser();
  const changed = knownAs(server.port, before);
  const file = await user.write('known_hosts', changed);
  await expect(user.connectTo(server, { strictHostKeyChecking: 'accept-new' })).rejects.toMatchObject({
    code: 'E_HOST_KEY',
  });
  expect(await readFile(file, 'utf8')).toBe(changed);
  await writeFile(file, 'other.example ssh-ed25519 AAAA');
  await user.connectTo(server, { strictHostKeyChecking: 'accept-new' });
  expect(await readFile(file, 'utf8')).toBe(`other.example ssh-ed25519 AAAA\n${server.knownHosts}`);
});

test('new keys are written as hashes where ssh_config wants that', async () => {
  await using server = await startTestServer();
  await using user = await makeUser();
  await user.write('config', 'HashKnownHosts yes\nStrictHostKeyChecking accept-new\n');
  await user.connectTo(server);
  expect(await readFile(join(user.home, '.ssh', 'known_hosts'), 'utf8')).toMatch(
    /^\|1\|\S+\|\S+ ssh-ed25519 /,
  );
  await user.connectTo(server);
  expect(user.scope.lines.length).toBe(1);
});

test('rekeying in the middle of a transfer harms nothing', async () => {
  await using server = await startTestServer();
  await using user = await makeUser();
  await user.trust(server);
  const connection = await user.connectTo(server);
  const rekeyed: Promise<void>[] = [];
  async function* content() {
    for (let index = 0; index < 40; index++) {
      yield Buffer.alloc(100_000, index);
      if (index % 10 === 5) rekeyed.push(server.rekey());
    }
    await Promise.all(rekeyed);
  }
  const result = await connection.exec?.({ argv: ['cksum'], stdin: content(), signal: never });
  expect(rekeyed.length).toBe(4);
  expect(Buffer.from(result?.stdout ?? []).toString()).toMatch(/^\d+ 4000000\n$/);
});

// What makes the wrapper necessary: were this to fail one day, ssh2 has become safe by itself.
test('ssh2 alone takes a promise of `false` for consent', async () => {
  await using server = await startTestServer();
  const client = new ssh2.Client();
  const ready = new Promise<void>((resolve, reject) => client.on('ready', resolve).on('error', reject));
  const hostVerifier = (async () => false) as never;
  client.connect({
    host: '127.0.0.1',
    port: server.port,
    username: 'tester',
    password: 'right',
    hostVerifier,
  });
  await ready;
  client.end();
  expect(server.attempts).toEqual(['password']);
});

function knownAs(port: number, server: TestServer): string {
  return `[127.0.0.1]:${port} ssh-ed25519 ${server.hostKeys[0]?.base64}\n`;
}
