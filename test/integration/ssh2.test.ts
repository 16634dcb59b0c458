import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../../src/core/contract/index.ts';
import { makeUser, type TestUser } from '../../src/plugins/ssh2/testing/client.ts';
import { type SshServer, startServer } from './support/sshServer.ts';

const never = new AbortController().signal;
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

let server: SshServer;
beforeAll(async () => {
  server = await startServer({ image: 'openssh' });
});
afterAll(() => server?.stop());

/** A user who trusts the server. */
async function trusting(given: Parameters<typeof makeUser>[0] = {}): Promise<TestUser> {
  const user = await makeUser({ ...given, secrets: { PASSWORD: server.password, ...given.secrets } });
  await user.write('known_hosts', await readFile(server.knownHostsPath, 'utf8'));
  return user;
}

function login(more: { readonly [name: string]: Json } = {}): { readonly [name: string]: Json } {
  return { host: server.host, port: server.port, user: server.user, agent: false, ...more };
}

test('a password opens the door', async () => {
  await using user = await trusting();
  const connection = await user.connect(login({ password: { env: 'PASSWORD' } }));
  const result = await connection.exec?.({ argv: ['id', '-un'], signal: never });
  expect(text(result?.stdout)).toBe('deploy\n');
});

test('a key opens the door', async () => {
  await using user = await trusting();
  const connection = await user.connect(login({ identityFile: server.privateKeyPath }));
  const result = await connection.exec?.({ argv: ['sh', '-s'], stdin: 'echo "$0 runs"; exit 7', signal: never });
  expect(text(result?.stdout)).toBe('sh runs\n');
  expect(result?.exit).toEqual({ type: 'code', code: 7 });
});

test('SFTP does all that the contract says', async () => {
  await using user = await trusting();
  const connection = await user.connect(login({ identityFile: server.privateKeyPath }));
  const sftp = await connection.sftp?.();
  if (sftp === undefined) throw new Error('no SFTP');
  const at = (name: string) => `${server.path}/${name}`;
  expect([...sftp.extensions]).toContain('posix-rename@openssh.com');
  await sftp.mkdir(at('dir'), 0o700);
  expect(await sftp.lstat(at('dir'))).toMatchObject({ kind: 'directory', mode: 0o700 });
  async function* content() {
    for (let index = 0; index < 50; index++) yield Buffer.alloc(100_003, index);
  }
  await sftp.writeFile(at('dir/file'), content(), { mode: 0o755 });
  expect(await sftp.lstat(at('dir/file'))).toMatchObject({ kind: 'file', mode: 0o755, sizeBytes: 5_000_150 });
  const back = Buffer.from(await sftp.readFile(at('dir/file')));
  expect(back.length).toBe(5_000_150);
  expect(back.equals(Buffer.concat(Array.from({ length: 50 }, (_, index) => Buffer.alloc(100_003, index))))).toBe(true);
  await sftp.symlink('dir', at('one'));
  await sftp.symlink('elsewhere', at('two'));
  await sftp.posixRename(at('one'), at('two'));
  expect(await sftp.readlink(at('two'))).toBe('dir');
  expect(await sftp.lstat(at('one'))).toBeNull();
  expect(await sftp.readlink(at('one'))).toBeNull();
  expect((await sftp.list(server.path)).map(({ name, kind }) => [name, kind]).sort()).toEqual([['dir', 'directory'], ['two', 'link']]);
  expect((await sftp.freeSpace(server.path))?.bytes).toBeGreaterThan(1_000_000);
  await sftp.unlink(at('dir/file'));
  await sftp.unlink(at('two'));
  await sftp.rmdir(at('dir'));
  expect(await sftp.list(server.path)).toEqual([]);
});
