import { randomBytes } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { startCutover } from './support/cutover.ts';
import { createProject, serverEntry } from './support/project.ts';
import { inContainer } from './support/remoteTree.ts';
import { startServer } from './support/sshServer.ts';
import { startThrottle } from './support/throttle.ts';

test.each([
  ['there is room for one channel only', ['MaxSessions=1'], 1_000_000],
  ['what is sent next waits behind a minute of data', [], 100_000],
] as const)('a long upload keeps its lock where %s', async (_, sshd, bytesPerSecond) => {
  await using server = await startServer({ image: 'openssh', sshd });
  await using throttle = await startThrottle({ host: server.host, port: server.port, bytesPerSecond });
  const hostKey = server.hostKeys.map((key) => key.fingerprint);
  const far = { host: throttle.host, port: throttle.port, hostKey };
  await using project = await createProject({ servers: { web1: serverEntry(server, far) } });
  await project.repository.commit({ 'large.bin': randomBytes(90 * bytesPerSecond) });
  const on = (text: string) =>
    inContainer(server, ['sh', '-c', `cd /srv/app/.cutover 2>/dev/null || exit 0; ${text}`]);
  const until = (isSo: () => Promise<boolean>) => vi.waitUntil(isSo, { timeout: 50_000, interval: 200 });

  const running = startCutover(['deploy', 'production'], { cwd: project.path });
  // Some of it has come, as a whole file or as a block.
  await until(async () => (await on('find incoming -type f -size +100k 2>/dev/null || :')) !== '');
  await on('touch -h -d "-2 minutes" locks/g-* locks/beat-* 2>/dev/null; :');
  await until(async () => (await on('find locks -name "beat-*" -mmin -1')) !== '');
  await project.configure({ servers: { web1: serverEntry(server) } });
  const other = await project.run(['deploy', 'production'], { home: `${project.home}-elsewhere` });
  expect(other).toMatchObject({ exitCode: 11, stderr: expect.stringContaining('last sign of life') });

  throttle.open();
  const { exitCode, stderr } = await running;
  expect(exitCode, stderr).toBe(0);
  expect(await on('ls incoming')).toBe('');
});
