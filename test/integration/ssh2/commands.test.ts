import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SshServer, startServer } from '../support/sshServer.ts';
import { byKey, never, openSftp, output, text, trusting } from './support.ts';

let server: SshServer;
beforeAll(async () => {
  server = await startServer({ image: 'openssh' });
});
afterAll(() => server?.stop());

test('15 at once, and on a server that allows one session', async () => {
  await using own = await startServer({ image: 'openssh', sshd: ['MaxSessions=1'] });
  for (const each of [server, own]) {
    await using user = await trusting(each);
    const connection = await user.connect(byKey(each));
    const all = Array.from({ length: 15 }, (_, index) => output(connection, ['echo', String(index)]));
    expect(await Promise.all(all)).toEqual(all.map((_, index) => `${index}\n`));
  }
});

test('with one session, SFTP and commands take turns', async () => {
  await using own = await startServer({ image: 'openssh', sshd: ['MaxSessions=1'] });
  await using user = await trusting(own);
  const connection = await user.connect(byKey(own));
  const sftp = await openSftp(connection);
  const waiting = output(connection, ['echo', 'my turn']);
  expect(await sftp.list(own.path)).toEqual([]);
  sftp.close();
  expect(await waiting).toBe('my turn\n');
});

test('a command whose session is killed is unknown, and so is one whose server goes', async () => {
  await using own = await startServer({ image: 'openssh' });
  await using user = await trusting(own);
  const argv = ['sh', '-c', 'echo up; sleep 60'];
  const connection = await user.connect(byKey(own));
  const killSession = () => void own.exec(['pkill', '-KILL', '-u', 'deploy', 'sshd']);
  expect(await connection.exec?.({ argv, signal: never, onStdout: killSession })).toMatchObject({
    exit: { type: 'unknown' },
    stdout: Buffer.from('up\n'),
  });
  const again = await user.connect(byKey(own));
  const stop = () => void own.stop();
  expect(await again.exec?.({ argv, signal: never, onStdout: stop })).toMatchObject({
    exit: { type: 'unknown' },
  });
});

test('a frozen server is noticed', async () => {
  await using own = await startServer({ image: 'openssh' });
  await using user = await trusting(own);
  const connection = await user.connect(byKey(own, { keepaliveInterval: '200ms', keepaliveCountMax: 2 }));
  const { getContainerRuntimeClient } = await import('testcontainers');
  const { container } = await getContainerRuntimeClient();
  const frozen = container.getById(own.container.getId());
  await frozen.pause();
  expect(await connection.closed).toBe('the server no longer answers');
  await frozen.unpause();
});

test('startup files that print do not get in the way of SFTP unexplained', async () => {
  await using own = await startServer({ image: 'openssh' });
  await own.exec(['sh', '-c', 'echo "echo Welcome to prod" >/home/deploy/.bashrc']);
  await using user = await trusting(own);
  const connection = await user.connect(byKey(own));
  await expect(connection.sftp?.()).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    message: expect.stringContaining('"Welc"'),
  });
});

test('a server for SFTP alone says that it runs no commands', async () => {
  await using own = await startServer({ image: 'sftp-only' });
  await using user = await trusting(own);
  const connection = await user.connect(byKey(own));
  const result = await connection.exec?.({ argv: ['true'], signal: never });
  expect(result?.exit).toEqual({ type: 'code', code: 1 });
  expect(text(result?.stdout)).toContain('This service allows sftp connections only.');
});
