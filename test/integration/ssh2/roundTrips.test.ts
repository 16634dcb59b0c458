import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExecRequest, Transport } from '../../../src/core/contract/index.ts';
import { type Link, openLink } from '../../../src/core/remote/link.ts';
import { type RunOptions, runScript } from '../../../src/core/remote/shell/run.ts';
import type { TestUser } from '../../../src/plugins/ssh2/testing/client.ts';
import { makeKey } from '../../../src/plugins/ssh2/testing/server.ts';
import { type Proxy as SlowLink, startProxy } from '../support/proxy.ts';
import { inContainer } from '../support/remoteTree.ts';
import { type SshServer, startServer } from '../support/sshServer.ts';
import { byKey, login, never, trusting } from './support.ts';

let server: SshServer;
beforeAll(async () => {
  server = await startServer({ image: 'openssh' });
});
afterAll(() => server?.stop());

interface There extends AsyncDisposable {
  readonly user: TestUser;
  readonly proxy: SlowLink;
  readonly link: Link;
  readonly execs: ExecRequest[];
  readonly run: (body: string, options?: Partial<RunOptions>) => ReturnType<typeof runScript>;
}

/** A warm link through a proxy. */
async function there(at: SshServer, delayMs = 0): Promise<There> {
  const user = await trusting(at);
  const proxy = await startProxy({ host: at.host, port: at.port, delayMs });
  const known = await readFile(at.knownHostsPath, 'utf8');
  await user.write(
    'known_hosts',
    known.replaceAll(`[${at.host}]:${at.port}`, `[${proxy.host}]:${proxy.port}`),
  );
  const execs: ExecRequest[] = [];
  const transport: Transport = {
    address: 'there',
    async connect() {
      const connection = await user.connect({ ...byKey(at), host: proxy.host, port: proxy.port } as never);
      return {
        ...connection,
        exec: (request) => {
          execs.push(request);
          return connection.exec!(request);
        },
      };
    },
  };
  const link = openLink('web1', transport, user.scope);
  link.warm();
  return {
    user,
    proxy,
    link,
    execs,
    run: (body, options = {}) =>
      runScript(link, { name: 'try', body, args: [] }, { signal: never, ...options }),
    async [Symbol.asyncDispose]() {
      await link.close();
      await user[Symbol.asyncDispose]();
      await proxy.close();
    },
  };
}

const shellsOn = async (at: SshServer): Promise<number> =>
  Number(await inContainer(at, ['sh', '-c', "ps -eo user,args | grep -c '^deploy .*[s]h -[sc]' || :"]));

test('a login takes three round trips behind that of TCP, with the first shell open, a script one', async () => {
  const delayMs = 30;
  await using far = await there(server, delayMs);
  const turns = async (what: () => Promise<unknown>) => {
    const before = far.proxy.turns();
    await what();
    return far.proxy.turns() - before;
  };
  await far.link.connection(never);
  const login = far.proxy.turns();
  await far.run(':');
  const first = far.proxy.turns();
  const scripts: number[] = [];
  for (let index = 0; index < 5; index++) scripts.push(await turns(() => far.run(':')));
  process.stdout.write(
    `round trips: login ${login}, with the first script ${first}, scripts ${scripts.join(' ')}\n`,
  );
  // Name, algorithms, half of a key, login; the first two go as one where the server spoke first.
  expect(login).toBeLessThanOrEqual(4);
  // sshd takes no input before it has started the shell (it opens a session with a window of 0).
  expect(first - login).toBe(2);
  expect(scripts).toEqual([1, 1, 1, 1, 1]);
});

test.each(['key', 'password'] as const)('a login by %s, and a wrong one before it', async (kind) => {
  const user = await trusting(server);
  const wrong = await user.write('wrong', makeKey('rsa').private);
  const right = kind === 'key' ? [server.privateKeyPath] : [];
  const connection = await user.connect(
    login(server, {
      identityFile: [wrong, ...right],
      ...(kind === 'password' ? { password: { env: 'PASSWORD' } } : {}),
    }) as never,
  );
  const result = await connection.exec?.({ argv: ['id', '-un'], signal: never });
  expect(Buffer.from(result?.stdout ?? []).toString()).toBe('deploy\n');
  await user[Symbol.asyncDispose]();
});

const DATA = Buffer.alloc(3_000_000, 'x');
async function* data() {
  for (let at = 0; at < DATA.length; at += 100_000) yield DATA.subarray(at, at + 100_000);
}

test.each([1, 2, 10])('with MaxSessions %i scripts and uploads all get their turn', async (most) => {
  await using narrow = await startServer({ image: 'openssh', sshd: [`MaxSessions=${most}`] });
  await using near = await there(narrow);
  for (let round = 0; round < 3; round++) {
    await near.run(':');
    near.link.expectUpload();
    await Promise.all([near.run('sleep 0.1'), near.run(':')]);
    const uploading = near.run('field bytes "$(wc -c)"', { upload: data });
    const beats = [near.run(':'), near.run(':')];
    expect((await uploading).one('bytes')?.trim()).toBe(String(DATA.length));
    await Promise.all(beats);
  }
  await near.link.close();
  await expect.poll(() => shellsOn(narrow), { timeout: 10_000 }).toBe(0);
});

test('a shell that is killed while it is idle costs no attempt, and nothing runs twice', async () => {
  await using own = await startServer({ image: 'openssh' });
  await using near = await there(own);
  const count = 'echo x >>/tmp/count; field lines "$(wc -l </tmp/count)"';
  expect((await near.run(count, { attempts: 1 })).one('lines')?.trim()).toBe('1');
  near.link.expectUpload();
  await near.run(':');
  await inContainer(own, ['pkill', '-KILL', '-x', '-u', 'deploy', 'sh']);
  expect((await near.run(count, { attempts: 1 })).one('lines')?.trim()).toBe('2');
  const upload = await near.run('field bytes "$(wc -c)"', { upload: data, attempts: 1 });
  expect(upload.one('bytes')?.trim()).toBe(String(DATA.length));
});

test.each(['reset', 'fin'] as const)(
  'a connection that is cut (%s) while nothing runs is replaced',
  async (mode) => {
    await using near = await there(server);
    await near.run(':');
    near.link.expectUpload();
    await near.run(':');
    const connection = await near.link.connection(never);
    near.proxy.cutNow(mode);
    await connection.closed;
    expect((await near.run('field hello you', { attempts: 1 })).one('hello')).toBe('you');
    expect(near.proxy.connections()).toBe(2);
  },
);

test('a server that closes idle sessions is asked for another', async () => {
  await using strict = await startServer({ image: 'openssh', sshd: ['ChannelTimeout=session:*=1s'] });
  await using near = await there(strict);
  await near.run(':');
  const before = near.execs.length;
  await expect.poll(() => shellsOn(strict), { timeout: 10_000 }).toBe(0);
  expect((await near.run('field hello you')).one('hello')).toBe('you');
  expect(near.execs.length).toBeGreaterThan(before);
});
