import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { type Project, serverEntry } from './support/project.ts';
import { currentOf, inContainer } from './support/remoteTree.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import { type SshServer, startServer } from './support/sshServer.ts';

let at: ServedProject;
let server: SshServer;
let project: Project;

beforeAll(async () => {
  at = await createServedProject({ image: 'openssh' });
  ({ server, project } = at);
  await project.repository.commit({ 'index.html': 'one' });
});
afterAll(() => at?.[Symbol.asyncDispose]());

test('an unknown host key is refused before a login, with its fingerprint and how to trust it', async () => {
  await writeFile(join(project.path, 'nobody'), '');
  await project.configure({ servers: { web1: serverEntry(server, { knownHostsFile: 'nobody' }) } });
  const { exitCode, stderr } = await project.run(['deploy', 'production']);
  expect(exitCode).toBe(10);
  expect(server.hostKeys.some((key) => stderr.includes(key.fingerprint))).toBe(true);
  expect(stderr).toContain('hostKey');
  expect(stderr).toContain('ssh-keyscan');
});

test('the fingerprint it tells of can be pinned', async () => {
  const pinned = server.hostKeys.map((key) => key.fingerprint);
  await project.configure({
    servers: { web1: serverEntry(server, { knownHostsFile: 'nobody', hostKey: pinned }) },
  });
  expect((await project.run(['check', 'production'])).exitCode).toBe(0);
});

test('a wrong password is said to be that, and is shown nowhere', async () => {
  const canary = 'canary-8f2b-password';
  const entry = serverEntry(server, { identityFile: undefined, password: { env: 'DEPLOY_PASSWORD' } });
  await project.configure({ servers: { web1: entry } });
  for (const format of [[], ['--json'], ['--events']]) {
    const { exitCode, stdout, stderr } = await project.run(['deploy', 'production', ...format], {
      env: { DEPLOY_PASSWORD: canary },
    });
    expect(exitCode).toBe(10);
    expect(stdout + stderr).toContain('web1');
    expect(stdout + stderr).not.toContain(canary);
  }
});

test('a password logs in; what a command prints of it is blanked, and no file or process list holds it', async () => {
  const commands = { postUpload: ['echo "the password is deploy, I think"; ps axww -o args >/tmp/seen'] };
  const entry = serverEntry(server, { identityFile: undefined, password: { env: 'DEPLOY_PASSWORD' } });
  await project.configure({ servers: { web1: entry }, commands });
  const { exitCode, stderr } = await project.run(['deploy', 'production'], {
    env: { DEPLOY_PASSWORD: server.password },
  });
  expect(exitCode).toBe(0);
  expect(stderr).toContain('the password is ***, I think');
  expect(await inContainer(server, ['sh', '-c', 'grep -c DEPLOY_PASSWORD /tmp/seen || :'])).toBe('0\n');
});

test.each([
  ['prints a greeting', 'echo "Welcome to prod"; printf noise', 0],
  ['ends every command with success', 'exit 0', 4],
])('a start-up file that %s', async (_, line, expected) => {
  await using noisy = await startServer({ image: 'openssh' });
  await inContainer(noisy, ['sh', '-c', 'printf "%s\\n" "$1" >/home/deploy/.bashrc', 'sh', line]);
  await project.configure({ servers: { web1: serverEntry(noisy) } });
  const { exitCode, stderr } = await project.run(['deploy', 'production']);
  expect(exitCode).toBe(expected);
  if (expected === 0) expect(await currentOf(noisy)).toMatch(/^releases\/\d{14}$/);
  else expect(stderr).toContain('the login runs no POSIX shell');
});

test('one channel at a time is enough (MaxSessions 1), and rekeying changes nothing', async () => {
  await using narrow = await startServer({ image: 'openssh', sshd: ['MaxSessions=1', 'RekeyLimit=200K'] });
  await project.repository.commit({ 'index.html': 'one', 'large.bin': Buffer.alloc(3_000_000, 'x') });
  await project.configure({
    servers: { web1: serverEntry(narrow) },
    commands: { postLaunch: ['test "$(wc -c <large.bin)" = 3000000'] },
  });
  const { exitCode, answer } = await project.json<TransactionResult>(['deploy', 'production']);
  expect({ exitCode, outcome: answer.outcome }).toEqual({ exitCode: 0, outcome: 'committed' });
});

test('an alias of ~/.ssh/config is enough', async () => {
  const lines = [
    'Host shop-server',
    `  HostName ${server.host}`,
    `  Port ${server.port}`,
    `  User ${server.user}`,
    `  IdentityFile ${server.privateKeyPath}`,
    `  UserKnownHostsFile ${server.knownHostsPath}`,
  ];
  await writeFile(join(project.home, '.ssh', 'config'), `${lines.join('\n')}\n`, { mode: 0o600 });
  await project.configure({
    servers: { web1: { transport: 'ssh2', host: 'shop-server', path: server.path } },
  });
  const { exitCode, stdout } = await project.run(['check', 'production']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('reached as deploy');
});
