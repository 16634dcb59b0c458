import { expect, test } from 'vitest';
import type { ProbeResult } from '../../src/core/operations/probe/result.ts';
import { createProject, serverEntry } from './support/project.ts';
import { inContainer, listTree } from './support/remoteTree.ts';
import { startServer } from './support/sshServer.ts';

test('tells of each server what its transport can do there, also when one cannot be reached', async () => {
  await using ordinary = await startServer({ image: 'openssh' });
  await using narrow = await startServer({ image: 'openssh', sshd: ['MaxSessions=1'] });
  await using shut = await startServer({ image: 'sftp-only' });
  const servers = {
    ordinary: serverEntry(ordinary),
    without: serverEntry(ordinary, { transport: 'sftp', path: '/srv/app/shop' }),
    narrow: serverEntry(narrow),
    shut: serverEntry(shut),
    gone: serverEntry(ordinary, { port: 1 }),
  };
  await using project = await createProject({ servers });
  await project.repository.commit({ 'index.html': 'one' });
  const deployed = await project.run(['deploy', 'production', '--server', 'ordinary', '--server', 'shut']);
  expect(deployed.exitCode, deployed.stderr).toBe(0);
  const trees = () => Promise.all([listTree(ordinary, '/srv/app/.cutover'), listTree(shut, '/jail/srv/app')]);
  const contents = async () => (await trees()).map((tree) => tree.match(/^[0-9a-f]{64} {2}.*$/gm));
  const before = await contents();

  const { exitCode, answer, stderr } = await project.json<ProbeResult>(['transport', 'probe', 'production']);

  expect(exitCode, stderr).toBe(10);
  const speed = expect.any(Number);
  const line = { roundTripMs: speed, upBytesPerSec: speed, downBytesPerSec: speed };
  const reached = { loginMs: speed, failure: null, notes: [] };
  const extension = expect.arrayContaining(['posix-rename@openssh.com']);
  expect(answer.servers).toMatchObject([
    {
      name: 'ordinary',
      transport: 'ssh2',
      engine: 'shell',
      shell: '/bin/bash',
      tools: expect.arrayContaining(['bash', 'perl', 'tar']),
      sftp: extension,
      line: { ...line, by: 'commands', channels: 8 },
      ...reached,
    },
    {
      name: 'without',
      engine: 'sftp',
      shell: null,
      sftp: extension,
      line: { ...line, by: 'sftp' },
      ...reached,
    },
    { name: 'narrow', engine: 'shell', sftp: extension, line: { ...line, channels: 1 }, ...reached },
    { name: 'shut', engine: 'sftp', sftp: extension, line: { ...line, by: 'sftp' }, ...reached },
    { name: 'gone', loginMs: null, engine: null, line: null, failure: { code: 'E_UNREACHABLE' } },
  ]);
  expect(await contents()).toEqual(before);
  expect(await inContainer(ordinary, ['sh', '-c', 'ls -A /home/deploy | grep probe || :'])).toBe('');
});
