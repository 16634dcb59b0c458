import { expect, test } from 'vitest';
import { createProject, serverEntry } from './support/project.ts';
import { startProxy } from './support/proxy.ts';
import { inContainer, listTree } from './support/remoteTree.ts';
import { logUntil } from './support/serverLog.ts';
import { startServer } from './support/sshServer.ts';

test('twelve servers that one sshd serves, which takes three logins at a time, are all deployed', async () => {
  await using server = await startServer({ image: 'openssh', sshd: ['MaxStartups=3:100:3'] });
  const names = Array.from({ length: 12 }, (_, index) => `web${index + 1}`);
  const servers = Object.fromEntries(
    names.map((name) => [name, serverEntry(server, { path: `/srv/app/${name}` })]),
  );
  await using project = await createProject({ servers });
  await project.repository.commit({ 'index.html': 'one' });
  const { exitCode, stderr } = await project.run(['deploy', 'production']);
  expect(exitCode, stderr).toBe(0);
  const all = await inContainer(server, ['sh', '-c', 'cat /srv/app/*/current/index.html']);
  expect(all).toBe('one'.repeat(12));
  expect(await logUntil(server, /MaxStartups/)).toContain('MaxStartups');
});

test('a link with a fifth of a second there and back only takes longer', async () => {
  await using server = await startServer({ image: 'openssh' });
  await using proxy = await startProxy({ host: server.host, port: server.port, delayMs: 100 });
  const hostKey = server.hostKeys.map((key) => key.fingerprint);
  const far = serverEntry(server, { host: proxy.host, port: proxy.port, hostKey });
  await using project = await createProject({
    servers: { web1: far },
    commands: { postUpload: ['echo built >built'], postLaunch: ['echo launched'] },
  });
  await project.repository.commit({ 'index.html': 'one' });
  const { exitCode, stderr } = await project.run(['deploy', 'production']);
  expect(exitCode, stderr).toBe(0);
  expect(await inContainer(server, ['sh', '-c', 'cat /srv/app/current/*'])).toBe('built\none');
});

test('what others own in shared directories stays theirs, and as it was', async () => {
  await using server = await startServer({ image: 'openssh' });
  const shared = { directories: ['storage'], files: ['secrets.env'] };
  await using project = await createProject({ servers: { web1: serverEntry(server) }, keep: 1, shared });
  const make = `mkdir -p /srv/app/shared/storage/deep && cd /srv/app/shared && chown deploy:deploy /srv/app . storage
    echo theirs >storage/deep/file && chmod 0600 storage/deep/file && chown -R www-data storage/deep && chmod 2750 storage/deep
    echo KEY=1 >secrets.env && chmod 0640 secrets.env && chown root:deploy secrets.env && ln -s /etc/passwd storage/link`;
  await inContainer(server, ['sh', '-c', make]);
  const before = await listTree(server, '/srv/app/shared');
  for (const text of ['one', 'two', 'three']) {
    await project.repository.commit({ 'index.html': text });
    const { exitCode, stderr } = await project.run(['deploy', 'production', '--full']);
    expect(exitCode, stderr).toBe(0);
  }
  await project.repository.commit({ 'index.html': 'four' });
  await project.configure({
    servers: { web1: serverEntry(server) },
    shared,
    commands: { postUpload: ['false'] },
  });
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(12);
  expect(await listTree(server, '/srv/app/shared')).toBe(before);
});
