import { expect, test } from 'vitest';
import { startCutover } from './support/cutover.ts';
import { createProject, serverEntry } from './support/project.ts';
import { currentOf, inContainer, listTree } from './support/remoteTree.ts';
import { type SshServer, startServer } from './support/sshServer.ts';

test('who loses the lock in the middle reads it at once, changes nothing more, and is told what to do', async () => {
  await using server = await startServer({ image: 'openssh' });
  const on = (text: string) => inContainer(server, ['sh', '-c', `cd /srv/app && ${text}`]);
  const servers = { web1: serverEntry(server) };
  await using project = await createProject({ servers });
  await project.repository.commit({ 'index.html': 'one' });
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
  const live = await currentOf(server);
  await project.repository.commit({ 'index.html': 'two' });
  await project.configure({
    servers,
    commands: { postUpload: ['echo begun; until [ -e /tmp/go ]; do sleep 0.1; done'] },
  });

  const running = startCutover(['deploy', 'production'], { cwd: project.path });
  let story = '';
  const tells = (text: string) =>
    new Promise<void>((resolve) => {
      running.stderr!.on('data', (chunk) => {
        story += String(chunk);
        if (story.includes(text)) resolve();
      });
    });
  await tells('[web1] | begun');
  const owner = 'v1 nonce somebody%40else 7 2026-11-21T19:38:11Z -';
  await on(`ln -s "${owner}" .cutover/locks/g-999999`);
  await tells('the lock was lost while this ran');
  const before = await treeWithoutRuns(server);
  await on('touch /tmp/go');
  const { exitCode, stderr, stdout } = await running;

  expect(exitCode).toBe(13);
  const told = stderr.split('\n').filter((line) => line.includes('the lock was lost'));
  expect(told).toEqual([
    expect.stringMatching(
      /^\[web1\] Problem: the lock was lost while this ran: .*another deployer took the lock over \(g-999999\)$/,
    ),
  ]);
  expect(stderr).toMatch(
    /^\[web1\] activate failed after .*: another deployer took the lock over \(g-999999\)$/m,
  );
  expect(stderr + stdout).toContain(`web1  ${live.replace('releases/', '')} (the old release)`);
  expect(stderr + stdout).toMatch(/! web1: the lock was lost while this ran: .*\(g-999999\)$/m);
  expect(await currentOf(server)).toBe(live);
  expect(await treeWithoutRuns(server)).toBe(before);
  expect((await on('readlink .cutover/locks/g-999999')).trim()).toBe(owner);
});

/** What the command itself leaves there is not ours. */
async function treeWithoutRuns(server: SshServer): Promise<string> {
  const lines = (await listTree(server, '/srv/app')).split('\n');
  return lines.filter((line) => !/\.cutover\/runs| \.\/\.cutover $/.test(line)).join('\n');
}
