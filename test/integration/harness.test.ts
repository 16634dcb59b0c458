import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { createGitRepository } from './support/gitRepository.ts';
import { scratch } from './support/scratch.ts';
import { sftpBatch, ssh, sshByPassword } from './support/sshClient.ts';
import { startServer } from './support/sshServer.ts';
import { containerLabel, currentTestRun, removeOrphans } from './support/testRun.ts';

describe.concurrent('openssh', () => {
  test('lets deploy in by key and by password, and has the tools that deployments use', async () => {
    await using server = await startServer({ image: 'openssh' });
    const tools = 'bash tar cp mv sha256sum perl rsync';

    expect(await ssh(server, `id -un && command -v ${tools}`)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await sshByPassword(server, server.password, 'id -un')).toMatchObject({ stdout: 'deploy' });
    expect(await sshByPassword(server, 'wrong', 'id -un')).toMatchObject({ exitCode: 255, stdout: '' });
    expect(await ssh(server, `touch ${server.path}/mine && cat`, 'piped')).toMatchObject({ stdout: 'piped' });
    expect(await sftpBatch(server, [`ls -1 ${server.path}`])).toMatchObject({ exitCode: 0 });
  });

  test('has keys of three kinds, and their fingerprints', async () => {
    await using server = await startServer({ image: 'openssh' });
    const scan = await execa('ssh-keygen', ['-l', '-f', server.knownHostsPath]);

    expect(server.hostKeys.map((key) => key.type).sort()).toEqual([
      'ecdsa-sha2-nistp256',
      'ssh-ed25519',
      'ssh-rsa',
    ]);
    for (const key of server.hostKeys) expect(scan.stdout).toContain(` ${key.fingerprint} `);
  });

  test('obeys settings of sshd, and mounts a small disk', async () => {
    await using server = await startServer({
      image: 'openssh',
      sshd: ['MaxSessions=0'],
      tmpfs: { '/srv/app': 'size=1m,uid=1000,gid=1000' },
    });
    const full = await server.exec(['dd', 'if=/dev/zero', 'of=/srv/app/big', 'bs=1M', 'count=2'], {
      user: 'deploy',
    });

    expect(await ssh(server, 'true')).toMatchObject({ exitCode: 255 });
    expect(full.exitCode).toBe(1);
    expect(full.stderr).toContain('No space left on device');
  });
});

test('busybox has BusyBox only, by any path', async () => {
  await using server = await startServer({ image: 'busybox' });
  const absent = 'bash dash perl python3 rsync gtar';
  const present = 'sh tar cp ln mv sha256sum mktemp';
  const makers = `for tool in ${present}; do $tool --help 2>&1 | grep -o BusyBox | head -n 1; done | uniq -c`;
  const programs = 'find / -xdev -type f -perm -100 ! -name "*.so*" ! -name ".dockerenv"';

  expect(await ssh(server, `for tool in ${absent}; do command -v $tool; done; true`)).toMatchObject({
    exitCode: 0,
    stdout: '',
  });
  expect((await ssh(server, makers)).stdout.trim()).toBe(`${present.split(' ').length} BusyBox`);
  expect((await server.exec(['sh', '-c', `${programs} | sort`])).stdout.trim().split('\n')).toEqual([
    '/bin/busybox',
    '/entrypoint.sh',
    '/usr/bin/ssh-keygen',
    '/usr/sbin/sshd',
  ]);
  expect(await sshByPassword(server, server.password, 'id -un')).toMatchObject({ stdout: 'deploy' });
  expect(await sftpBatch(server, [`mkdir ${server.path}/made`])).toMatchObject({ exitCode: 0 });
});

test('sftp-only gives SFTP in a jail, and no shell', async () => {
  await using server = await startServer({ image: 'sftp-only' });
  const made = await sftpBatch(server, [`mkdir ${server.path}/made`, 'ls -1 /']);

  expect(made).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('srv') });
  expect(made.stdout).not.toContain('etc');
  expect((await server.exec(['ls', server.pathInContainer])).stdout).toBe('made\n');
  expect(await ssh(server, 'true')).toMatchObject({
    exitCode: 1,
    stdout: 'This service allows sftp connections only.',
  });
  expect(await sftpBatch(server, ['mkdir /outside'])).toMatchObject({ exitCode: 1 });
});

test('nginx serves what `current` points to, from the moment it changes', async () => {
  await using server = await startServer({ image: 'nginx' });
  const url = `http://${server.host}:${server.httpPort}/index.html`;
  const activate = (release: string): string =>
    `cd ${server.path} && mkdir -p releases/${release} && echo ${release} >releases/${release}/index.html &&
     ln -s releases/${release} next && mv -T next current`;

  expect((await fetch(url)).status).toBe(404);
  expect(await ssh(server, activate('one'))).toMatchObject({ exitCode: 0 });
  expect(await (await fetch(url)).text()).toBe('one\n');
  expect(await ssh(server, activate('two'))).toMatchObject({ exitCode: 0 });
  expect(await (await fetch(url)).text()).toBe('two\n');
});

test('a stopped server leaves no container', async () => {
  const server = await startServer({ image: 'busybox' });
  const find = ['ps', '--all', '--quiet', '--no-trunc', '--filter', `label=${containerLabel}`];
  expect((await execa('docker', find)).stdout).toContain(server.container.getId());

  await server.stop();
  await server.stop();

  expect((await execa('docker', find)).stdout).not.toContain(server.container.getId());
});

test('a new run removes what a killed one left, and nothing else', async () => {
  const run = currentTestRun()!;
  const ended = (await execa('sh', ['-c', 'echo $$'])).stdout;
  const start = async (owner: string): Promise<string> => {
    const label = `${containerLabel}=${owner}`;
    return (await execa('docker', ['run', '--detach', '--label', label, run.images.busybox])).stdout;
  };
  const [host] = run.owner.split('/');
  const orphan = await start(`${host}/${ended}`);
  const elsewhere = await start(`another-machine/${ended}`);
  const own = await start(run.owner);
  const leftDirectory = run.directory.replace(`-${run.owner.split('/')[1]}-`, `-${ended}-`);
  await mkdir(leftDirectory);
  try {
    await removeOrphans();

    const left = (await execa('docker', ['ps', '--all', '--quiet', '--no-trunc'])).stdout;
    expect(left).not.toContain(orphan);
    expect(left).toContain(elsewhere);
    expect(left).toContain(own);
    expect(existsSync(leftDirectory)).toBe(false);
    expect(existsSync(run.directory)).toBe(true);
  } finally {
    await execa('docker', ['rm', '--force', elsewhere, own]);
  }
});

test('a repository holds exactly the tree that was committed', async () => {
  await using directory = await scratch();
  const repository = await createGitRepository(directory.path);
  await repository.commit({ 'old.txt': 'old' });
  const commit = await repository.commit({
    '.gitignore': 'ignored',
    ignored: 'kept all the same',
    'bin/run': { executable: '#!/bin/sh\n' },
    'a link': { link: 'bin/run' },
  });

  const listing = await repository.git('ls-tree', '-r', commit);
  expect(listing.replace(/ blob \w+\t/g, ' ').split('\n')).toEqual([
    '100644 .gitignore',
    '120000 a link',
    '100755 bin/run',
    '100644 ignored',
  ]);
});
