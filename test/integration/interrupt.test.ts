import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { startCutover } from './support/cutover.ts';
import { type Project, serverEntry } from './support/project.ts';
import { contentOf, currentOf, namesIn } from './support/remoteTree.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import type { SshServer } from './support/sshServer.ts';
import { isLine, listenTo } from './support/story.ts';

let at: ServedProject;
let server: SshServer;
let project: Project;

beforeAll(async () => {
  at = await createServedProject({ image: 'openssh' });
  ({ server, project } = at);
  await project.repository.commit({ 'index.html': 'one' });
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
});
afterAll(() => at?.[Symbol.asyncDispose]());

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s ends the running command, compensates, and exits with 130',
  async (signal) => {
    const live = await currentOf(server);
    await project.configure({
      servers: { web1: serverEntry(server) },
      commands: { postUpload: ['echo started; sleep 1000'] },
    });
    await project.repository.commit({ 'index.html': `not yet, ${signal}` });
    const running = startCutover(['deploy', 'production', '--json', '--events'], { cwd: project.path });
    const story = listenTo(running);
    await story.tells(isLine('started'));
    running.kill(signal);
    const { exitCode, stdout } = await running;
    const result = JSON.parse(stdout) as TransactionResult;
    expect({ exitCode, outcome: result.outcome, interrupted: result.interrupted }).toEqual({
      exitCode: 130,
      outcome: 'compensated',
      interrupted: true,
    });
    expect(await currentOf(server)).toBe(live);
    expect(await namesIn(server, '/srv/app/releases')).toHaveLength(1);
    expect((await server.exec(['pgrep', '-f', 'sleep 1000'])).stdout).toBe('');
    expect((await project.run(['unlock', 'production'])).stdout).toContain('not locked');
  },
);

test('a second signal stops at once, says so, and leaves the lock to be seen', async () => {
  const running = startCutover(['deploy', 'production', '--events'], { cwd: project.path });
  const story = listenTo(running);
  await story.tells(isLine('started'));
  running.kill('SIGINT');
  await story.tells((event) => event.type === 'cancelled');
  running.kill('SIGINT');
  const { exitCode, stderr } = await running;
  expect(stderr).toContain('Stopped at once');
  expect(exitCode).toBe(130);
  // The lock is still held as long as the command was not ended; then the transaction is still open.
  expect([11, 14]).toContain((await project.run(['deploy', 'production'])).exitCode);
  expect(await contentOf(server, '/srv/app/current/index.html')).toBe('one');
  await server.exec(['pkill', '-f', 'sleep 1000']);
  expect((await project.run(['unlock', 'production', '--yes'])).exitCode).toBe(0);
  expect((await project.run(['resume', 'production', '--abort'])).exitCode).toBe(0);
  expect(await namesIn(server, '/srv/app/releases')).toHaveLength(1);
});

test('a command that runs out of time is ended with all its children', async () => {
  const commands = {
    postUpload: [{ run: 'trap "" TERM; (sleep 2000; echo never) & sleep 2000; sleep 2000', timeout: '1s' }],
  };
  await project.configure({ servers: { web1: serverEntry(server) }, commands });
  const { exitCode, answer } = await project.json<TransactionResult>(['deploy', 'production']);
  expect({ exitCode, code: answer.servers[0]?.failure?.code }).toEqual({ exitCode: 12, code: 'E_TIMEOUT' });
  expect(answer.servers[0]?.failure?.message).toContain('its processes were ended');
  expect((await server.exec(['pgrep', '-f', 'sleep 2000'])).stdout).toBe('');
});
