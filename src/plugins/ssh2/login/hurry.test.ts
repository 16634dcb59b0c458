import { expect, test } from 'vitest';
import type { Json } from '../../../core/contract/index.ts';
import { makeUser } from '../testing/client.ts';
import { makeKey, startTestServer, type TestServer, type TestServerOptions } from '../testing/server.ts';

const never = new AbortController().signal;
/** Knows who is in before it reads what comes next, as sshd does. */
const likeOpenSsh: TestServerOptions = {
  ident: 'OpenSSH_9.9 for tests',
  authenticate: (attempt) => attempt.accept(),
};

/** How many sessions were opened by a login alone. */
async function sessionsAhead(
  server: TestServer,
  more: { readonly [name: string]: Json } = {},
  keys = [makeKey('ed25519').private],
): Promise<number> {
  await using user = await makeUser();
  await user.trust(server);
  const identityFile = await Promise.all(keys.map((key, index) => user.write(`key${index}`, key)));
  const connection = await user.connect({
    host: '127.0.0.1',
    port: server.port,
    agent: false,
    identityFile,
    ...more,
  });
  // Whatever was sent before has arrived then.
  await server.rekey();
  const ahead = server.sessions();
  const results = await Promise.all(
    ['one', 'two'].map((word) => connection.exec?.({ argv: ['echo', word], signal: never })),
  );
  expect(results.map((result) => String(Buffer.from(result?.stdout ?? [])))).toEqual(['one\n', 'two\n']);
  expect(server.sessions()).toBe(2);
  return ahead;
}

test('the first session is opened behind the only login there is', async () => {
  await using server = await startTestServer(likeOpenSsh);
  expect(await sessionsAhead(server)).toBe(1);
});

test('it is not where the login may need another attempt, nor on a server that may count it as an error', async () => {
  await using withKeys = await startTestServer(likeOpenSsh);
  expect(await sessionsAhead(withKeys, {}, [makeKey('ed25519').private, makeKey('ecdsa').private])).toBe(0);
  await using withPassword = await startTestServer(likeOpenSsh);
  expect(await sessionsAhead(withPassword, { password: { env: 'PASSWORD' } })).toBe(0);
  await using withHashes = await startTestServer(likeOpenSsh);
  expect(await sessionsAhead(withHashes, {}, [makeKey('rsa').private])).toBe(0);
  await using other = await startTestServer();
  expect(await sessionsAhead(other)).toBe(0);
});

test('a server that refuses it because nobody is in yet is asked once more', async () => {
  await using server = await startTestServer({ ident: likeOpenSsh.ident ?? '', mayLogIn: async () => true });
  expect(await sessionsAhead(server)).toBe(0);
});

test('a jump on the way is asked for none', async () => {
  await using server = await startTestServer(likeOpenSsh);
  await using jump = await startTestServer(likeOpenSsh);
  await using user = await makeUser();
  await user.write('known_hosts', server.knownHosts + jump.knownHosts);
  await user.write('id_ed25519', makeKey('ed25519').private);
  const proxyJump = `ann@127.0.0.1:${jump.port}`;
  const connection = await user.connect({ host: '127.0.0.1', port: server.port, agent: false, proxyJump });
  await connection.exec?.({ argv: ['true'], signal: never });
  expect([jump.sessions(), server.sessions()]).toEqual([0, 1]);
});

test('a refused session is told of to whoever wants the first one', async () => {
  await using server = await startTestServer({ ...likeOpenSsh, maxSessions: 0 });
  await using user = await makeUser();
  await user.trust(server);
  await user.write('id_ed25519', makeKey('ed25519').private);
  const connection = await user.connect({ host: '127.0.0.1', port: server.port, agent: false });
  await server.rekey();
  await expect(connection.exec?.({ argv: ['true'], signal: never })).rejects.toThrow(/session|channel/i);
});

test('a login that is refused is told of as ever', async () => {
  await using server = await startTestServer({
    ...likeOpenSsh,
    authenticate: (attempt) => attempt.reject(['publickey']),
  });
  await using user = await makeUser();
  await user.trust(server);
  await user.write('id_ed25519', makeKey('ed25519').private);
  await expect(user.connect({ host: '127.0.0.1', port: server.port, agent: false })).rejects.toMatchObject({
    code: 'E_AUTHENTICATION',
    message: expect.stringContaining('Tried: key'),
  });
});
