import { expect, test } from 'vitest';
import { untilSo } from '../../src/core/testing/untilSo.ts';
import { startCutover } from './support/cutover.ts';
import { serverEntry } from './support/project.ts';
import { currentOf, inContainer, listTree } from './support/remoteTree.ts';
import { createServedProject } from './support/servedProject.ts';
import type { SshServer } from './support/sshServer.ts';
import { listenTo } from './support/story.ts';

test('who loses the lock in the middle reads it at once, changes nothing more, and is told what to do', async () => {
  await using at = await createServedProject({ image: 'openssh' });
  const { server, project } = at;
  const on = (text: string) => inContainer(server, ['sh', '-c', `cd /srv/app && ${text}`]);
  await project.repository.commit({ 'index.html': 'one' });
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
  const live = await currentOf(server);
  await project.repository.commit({ 'index.html': 'two' });
  await project.configure({
    servers: { web1: serverEntry(server) },
    commands: { postUpload: [`echo begun; ${untilSo('[ -e /tmp/go ]')}`] },
  });

  const running = startCutover(['deploy', 'production'], { cwd: project.path });
  const story = listenTo(running);
  await story.says('[web1] | begun');
  const owner = 'v1 nonce somebody%40else 7 2026-11-21T19:38:11Z -';
  await on(`ln -s "${owner}" .cutover/locks/g-999999`);
  await story.says('the lock was lost while this ran');
  const before = await treeWithoutRuns(server);
  await on('touch /tmp/go');
  const { exitCode, stderr, stdout } = await running;

  expect(exitCode).toBe(13);
  const told = stderr.split('\n').filter((line) => line.includes('the lock was lost'));
  expect(told).toEqual([
    expect.stringMatching(
      /^\[web1\] Problem: the lock was lost while this ran: .*somebody@else \(process 7\) took the lock over \(g-999999\)$/,
    ),
  ]);
  expect(stderr).toMatch(
    /^\[web1\] activate failed after .*: somebody@else \(process 7\) took the lock over \(g-999999\)$/m,
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
