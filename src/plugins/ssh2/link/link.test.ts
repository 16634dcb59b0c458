import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { fakeScope } from '../../testing/scope.ts';
import { startBlackHole } from '../testing/blackHole.ts';
import { makeUser } from '../testing/client.ts';
import { makeKey, startTestServer } from '../testing/server.ts';
import { transport } from '../transport.ts';
import { dial } from './dial.ts';
import { unreachable } from './unreachable.ts';
import { wordsFor } from './words.ts';

const never = new AbortController().signal;
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

test('the address is what the configuration says', () => {
  const address = (raw: { [name: string]: string | number }) =>
    transport.create(transport.parse(raw), fakeScope()).address;
  expect(address({ host: 'web1', user: 'deploy', port: 2222 })).toBe('deploy@web1:2222');
  expect(address({ host: 'web1' })).toBe('web1');
});

test('small packets are sent at once', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = await dial({ host: '127.0.0.1', port, ipVersion: 0, timeoutMs: 5_000, signal: never });
  // Node has no getter: this is where it keeps what it was asked for.
  const set = Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === 'kSetNoDelay');
  expect(set && (socket as unknown as Record<symbol, unknown>)[set]).toBe(true);
  socket.destroy();
  server.close();
});

test('a port where nobody listens', async () => {
  await using server = await startTestServer();
  await using user = await makeUser();
  await user.trust(server);
  await server[Symbol.asyncDispose]();
  await expect(user.connectTo(server)).rejects.toMatchObject({
    code: 'E_UNREACHABLE',
    message: `Could not connect to 127.0.0.1:${server.port}: nothing listens there (connection refused).`,
    hint: expect.stringContaining(`ssh -v -p ${server.port} `),
  });
});

test.each([
  [{ code: 'ENOTFOUND' }, 'this name is not known to DNS'],
  [{ code: 'EHOSTUNREACH' }, 'there is no route to it'],
  [
    Object.assign(new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]), {}),
    'nothing listens there (connection refused)',
  ],
  [new Error('wrapped', { cause: { code: 'ETIMEDOUT' } }), 'nothing answered in time'],
  [
    new Error('(SSH) Channel open failure: Connection refused'),
    'the jump host could not reach it (Connection refused)',
  ],
  [new Error('something else'), 'something else'],
])('%s in words', (error, words) => {
  expect(wordsFor(error)).toBe(words);
});

test('an alias of ssh_config is named with the host it stands for', () => {
  const host = { name: 'shop', host: 'web1.example', port: 22, user: 'deploy' } as never;
  expect(unreachable(host, { code: 'ENOTFOUND' }).message).toBe(
    'Could not connect to web1.example:22 (shop in ssh_config): this name is not known to DNS.',
  );
});

test('a server that says nothing is given up', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await using user = await makeUser();
  const { port } = silent.address() as AddressInfo;
  await expect(
    user.connect({ host: '127.0.0.1', port, password: { env: 'PASSWORD' }, connectTimeout: '100ms' }),
  ).rejects.toMatchObject({
    code: 'E_UNREACHABLE',
    message: expect.stringContaining('the server did not finish the handshake in time'),
  });
  // Patience is for servers that hang up.
  expect(sockets.length).toBe(1);
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test('a port that speaks something else is named', async () => {
  const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
  await using user = await makeUser();
  const { port } = web.address() as AddressInfo;
  await expect(
    user.connect({ host: '127.0.0.1', port, password: { env: 'PASSWORD' } }),
  ).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
  web.close();
});

test('a crowded server that hangs up at once is tried again', async () => {
  await using server = await startTestServer({
    onSocket: (count, socket) => {
      if (count > 2) return 'serve';
      socket.destroy();
      return 'taken';
    },
  });
  await using user = await makeUser();
  await user.trust(server);
  await user.connectTo(server);
  expect(server.accepted()).toBe(3);
});

test('a server that always hangs up is given up after four tries, one that refuses after the first', async () => {
  await using server = await startTestServer({
    onSocket: (_, socket) => {
      socket.destroy();
      return 'taken';
    },
  });
  await using user = await makeUser();
  await user.trust(server);
  await expect(user.connectTo(server)).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
  expect(server.accepted()).toBe(4);
  await using strict = await startTestServer({ mayLogIn: () => false });
  await user.trust(strict);
  await expect(user.connectTo(strict)).rejects.toMatchObject({ code: 'E_AUTHENTICATION' });
  expect(strict.accepted()).toBe(1);
});

test('the signal ends a login', async () => {
  const stop = new AbortController();
  await using server = await startTestServer({
    authenticate: () => stop.abort(new Error('enough')),
  });
  await using user = await makeUser();
  await user.trust(server);
  Object.assign(user.scope, { signal: stop.signal });
  await expect(user.connectTo(server)).rejects.toThrow('enough');
});

test('a peer that falls silent is found out, and a command on it ends as unknown', async () => {
  await using server = await startTestServer();
  await using hole = await startBlackHole(server.port);
  await using user = await makeUser();
  await user.write('known_hosts', server.knownHosts.replace(`:${server.port}`, `:${hole.port}`));
  const connection = await user.connect({
    host: '127.0.0.1',
    port: hole.port,
    password: { env: 'PASSWORD' },
    agent: false,
    keepaliveInterval: '50ms',
    keepaliveCountMax: 2,
  });
  const running = connection.exec?.({
    argv: ['sh', '-c', 'echo started; sleep 600'],
    signal: never,
    onStdout: () => hole.swallow(),
  });
  expect(await running).toMatchObject({ exit: { type: 'unknown', reason: 'the server no longer answers' } });
  expect(await connection.closed).toBe('the server no longer answers');
  await expect(connection.exec?.({ argv: ['true'], signal: never })).rejects.toMatchObject({
    code: 'E_UNREACHABLE',
  });
  await expect(connection.sftp?.()).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
});

test('a connection tells why it is gone, or that we ended it', async () => {
  await using server = await startTestServer();
  await using user = await makeUser();
  await user.trust(server);
  const one = await user.connectTo(server);
  const two = await user.connectTo(server);
  await one.close();
  expect(await one.closed).toBeNull();
  await expect(one.exec?.({ argv: ['true'], signal: never })).rejects.toMatchObject({
    code: 'E_UNREACHABLE',
  });
  server.cut();
  expect(await two.closed).toBe('the server closed the connection');
});

test('through two jumps, with a key of their own each, everything works, and all of it closes', async () => {
  const key = makeKey('ed25519');
  await using server = await startTestServer();
  await using inner = await startTestServer();
  await using outer = await startTestServer();
  await using user = await makeUser();
  await user.write('known_hosts', server.knownHosts + inner.knownHosts + outer.knownHosts);
  await user.write('id_ed25519', key.private);
  const proxyJump = `ann@127.0.0.1:${outer.port},bob@127.0.0.1:${inner.port}`;
  const connection = await user.connectTo(server, { proxyJump });
  const result = await connection.exec?.({ argv: ['wc', '-c'], stdin: 'x'.repeat(3_000_000), signal: never });
  expect(text(result?.stdout).trim()).toBe('3000000');
  expect([outer.attempts, inner.attempts, server.attempts]).toEqual([
    ['publickey'],
    ['publickey'],
    ['publickey'],
  ]);
  outer.cut();
  expect(await connection.closed).toEqual(expect.any(String));
});

test('a jump whose key is not known gets nothing, nor does the server behind it', async () => {
  await using server = await startTestServer();
  await using jump = await startTestServer();
  await using user = await makeUser();
  await user.trust(server);
  const proxyJump = `ann@127.0.0.1:${jump.port}`;
  await user.write('id_ed25519', makeKey('ed25519').private);
  await expect(user.connectTo(server, { proxyJump })).rejects.toMatchObject({
    code: 'E_HOST_KEY',
    message: expect.stringContaining(`127.0.0.1:${jump.port} is not known`),
  });
  expect([jump.attempts, server.accepted()]).toEqual([[], 0]);
  // Behind a jump ssh-keyscan does not come: the line itself is the advice.
  await user.trust(jump);
  await expect(user.connectTo(server, { proxyJump })).rejects.toMatchObject({
    code: 'E_HOST_KEY',
    hint: expect.stringContaining(`echo '${server.knownHosts.trim()}' >> `),
  });
  expect(server.attempts).toEqual([]);
});

test('a jump that cannot reach the server says so', async () => {
  await using server = await startTestServer();
  await using jump = await startTestServer();
  await using user = await makeUser();
  await user.trust(jump);
  await user.write('id_ed25519', makeKey('ed25519').private);
  await server[Symbol.asyncDispose]();
  await expect(user.connectTo(server, { proxyJump: `ann@127.0.0.1:${jump.port}` })).rejects.toMatchObject({
    code: 'E_UNREACHABLE',
    message: expect.stringContaining(
      `Could not connect to 127.0.0.1:${server.port}: the jump host could not reach it`,
    ),
  });
});
