import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Event } from '../../src/core/journal/events.ts';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { type CutoverProcess, startCutover } from './support/cutover.ts';
import { createProject, type Project, serverEntry } from './support/project.ts';
import { contentOf, currentOf, namesIn } from './support/remoteTree.ts';
import { type SshServer, startServer } from './support/sshServer.ts';

let server: SshServer;
let project: Project;

beforeAll(async () => {
  server = await startServer({ image: 'openssh' });
  project = await createProject({ servers: { web1: serverEntry(server) } });
  await project.repository.commit({ 'index.html': 'one' });
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await server?.stop();
});

/** The story of a run: `until` resolves once it has had an event of a kind. */
function watch(running: CutoverProcess) {
  const events: Event[] = [];
  const heard = new EventEmitter();
  let rest = '';
  running.stderr!.on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop()!;
    events.push(...lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Event));
    heard.emit('more');
  });
  heard.on('error', () => {});
  running.stderr!.on('end', () => heard.emit('error', new Error('The program ended without that.')));
  return {
    async until(matches: (event: Event) => boolean): Promise<void> {
      while (!events.some(matches)) await once(heard, 'more');
    },
  };
}

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
    const story = watch(running);
    await story.until((event) => event.type === 'output' && event.line === 'started');
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
  const story = watch(running);
  await story.until((event) => event.type === 'output' && event.line === 'started');
  running.kill('SIGINT');
  await story.until((event) => event.type === 'cancelled');
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
