import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { StatusResult, TransactionResult } from '../../src/core/operations/results.ts';
import { createProject, serverEntry } from './support/project.ts';
import { contentOf, currentOf } from './support/remoteTree.ts';
import { startServer } from './support/sshServer.ts';

test('a server that hangs is left behind by consent, shown, and caught up; two paths of one server are two targets', async () => {
  await using one = await startServer({ image: 'openssh' });
  await using two = await startServer({ image: 'openssh' });
  await using project = await createProject({
    servers: {
      web1: serverEntry(one),
      admin1: serverEntry(one, { path: '~/admin' }),
      web2: serverEntry(two, { connectTimeout: '3s' }),
    },
  });
  const deploy = (...more: string[]) => project.json<TransactionResult>(['deploy', 'production', ...more]);
  const behind = async () => {
    const { answer, exitCode } = await project.json<StatusResult>(['status', 'production']);
    return [exitCode, answer.servers.map((server) => [server.name, server.reachable, server.behind])];
  };
  await project.repository.commit({ 'index.html': 'one', kept: 'k' });
  const first = await deploy();
  expect(first).toMatchObject({ exitCode: 0, answer: { outcome: 'committed', problems: [] } });

  await project.repository.commit({ 'index.html': 'two', kept: 'k' });
  await execa('docker', ['pause', two.container.getId()]);
  try {
    const refused = await project.run(['deploy', 'production']);
    expect(refused).toMatchObject({ exitCode: 10, stderr: expect.stringContaining('--max-unreachable 1') });
    expect(await currentOf(one)).toBe(`releases/${first.answer.release}`);
    const second = await deploy('--max-unreachable', '1');
    expect(second).toMatchObject({
      exitCode: 0,
      answer: {
        outcome: 'committed',
        servers: [{ name: 'web1' }, { name: 'admin1' }],
        problems: [
          expect.stringMatching(/^web2: it could not be reached.*cutover catch-up production --server web2$/),
        ],
      },
    });
    const { release } = second.answer;
    expect(await behind()).toEqual([
      10,
      [
        ['web1', true, null],
        ['admin1', true, null],
        ['web2', false, release],
      ],
    ]);
    await execa('docker', ['unpause', two.container.getId()]);
    expect((await behind())[1]).toContainEqual(['web2', true, release]);
    // The branch has moved on since.
    await project.repository.commit({ 'index.html': 'three', kept: 'k' });
    expect(await project.json(['catch-up', 'production'])).toMatchObject({
      exitCode: 0,
      answer: {
        outcome: 'committed',
        release,
        revision: second.answer.revision,
        servers: [{ name: 'web2', current: release, uploaded: { files: 1 } }],
      },
    });
  } finally {
    await execa('docker', ['unpause', two.container.getId()], { reject: false });
  }
  expect(await contentOf(two, '/srv/app/current/index.html')).toBe('two');
  const after = await project.run(['catch-up', 'production']);
  expect(after).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Nothing to do') });
  expect((await behind())[0]).toBe(0);
});
