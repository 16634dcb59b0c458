import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { StatusResult, TransactionResult } from '../../src/core/operations/results.ts';
import { untilSo } from '../../src/core/testing/untilSo.ts';
import { startCutover } from './support/cutover.ts';
import { type Project, serverEntry } from './support/project.ts';
import { contentOf, currentOf, inContainer, listTree, namesIn } from './support/remoteTree.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import type { SshServer } from './support/sshServer.ts';
import { isLine, listenTo } from './support/story.ts';

let at: ServedProject;
let server: SshServer;
let project: Project;
let commits = 0;

beforeAll(async () => {
  at = await createServedProject({ image: 'openssh', sshd: ['MaxStartups=100'] });
  ({ server, project } = at);
});
afterAll(() => at?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await inContainer(server, ['sh', '-c', 'pkill -KILL -u deploy sleep; rm -rf /srv/app/* /srv/app/.cutover']);
  await project.configure({ servers: { web1: serverEntry(server) } });
  await project.repository.commit({ 'index.html': 'one' });
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
  await project.repository.commit({ 'index.html': `more ${++commits}` });
});

/** Starts a deployment whose command lasts until it is told to end, and waits until the command has begun. */
async function deploying() {
  await inContainer(server, ['rm', '-f', '/tmp/go-on']);
  const commands = { postUpload: [`echo began; ${untilSo('[ -e /tmp/go-on ]')}`] };
  await project.configure({ servers: { web1: serverEntry(server) }, commands });
  const running = startCutover(['deploy', 'production', '--events'], { cwd: project.path });
  await listenTo(running).tells(isLine('began'));
  // A process is a promise of its end: it must not be awaited here.
  return { running };
}

const goOn = () => inContainer(server, ['touch', '/tmp/go-on']);

test('a lock taken by hand stops whoever deploys, says why, and waits for its unlock', async () => {
  const locked = await project.json(['lock', 'production', '--message', 'Moving the database, ask Ada']);
  expect(locked).toMatchObject({
    exitCode: 0,
    answer: { servers: [{ name: 'web1', lock: { message: 'Moving the database, ask Ada' } }] },
  });
  const others = [['deploy'], ['deploy', '--lock-wait', '1h'], ['resume'], ['lock', '--message', 'me too']];
  for (const [command = '', ...flags] of others) {
    const { exitCode, stderr } = await project.run([command, 'production', ...flags]);
    expect({ command, flags, exitCode }).toEqual({ command, flags, exitCode: 11 });
    expect(stderr).toMatch(/web1 was locked by hand by \S+@\S+ since .*: Moving the database, ask Ada/);
    expect(stderr).toContain('cutover unlock production');
  }
  expect((await project.run(['unlock', 'production'])).stdout).toContain(
    'by hand: Moving the database, ask Ada',
  );
  expect((await project.run(['unlock', 'production', '--yes'])).exitCode).toBe(0);
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
});

test('the lock of a run that was killed is taken over, and what it left is told', async () => {
  const { running } = await deploying();
  running.kill('SIGKILL');
  await running;
  const stopped = await project.run(['deploy', 'production']);
  expect({ exitCode: stopped.exitCode, stderr: stopped.stderr }).toEqual({
    exitCode: 11,
    stderr: expect.stringMatching(
      /That run is gone, but what it started still works there: \d{14}-postUpload-0/,
    ),
  });
  await goOn();
  const resumed = await project.run(['resume', 'production'], { home: `${project.home}-another` });
  expect({ exitCode: resumed.exitCode, stderr: resumed.stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringMatching(/Took over the lock of \S+ \(process \d+\): its process has ended\./),
  });
  expect(await contentOf(server, '/srv/app/current/index.html')).toBe(`more ${commits}`);
});

test('who waits says for whom, and goes on when that run is done', async () => {
  const { running: first } = await deploying();
  await project.repository.commit({ 'index.html': 'the second' });
  const second = startCutover(['deploy', 'production', '--lock-wait', '2m', '--json', '--events'], {
    cwd: project.path,
  });
  await listenTo(second).tells(
    (event) =>
      event.type === 'log' && /^Locked: waiting for \S+ \(process \d+\), release \d{14},/.test(event.message),
  );
  await goOn();
  expect((await first).exitCode).toBe(0);
  const { exitCode, stdout } = await second;
  expect({ exitCode, outcome: (JSON.parse(stdout) as TransactionResult).outcome }).toEqual({
    exitCode: 0,
    outcome: 'committed',
  });
  expect(await contentOf(server, '/srv/app/current/index.html')).toBe('the second');
});

test('a wish to stop ends the waiting', async () => {
  const { running: first } = await deploying();
  const second = startCutover(['deploy', 'production', '--lock-wait', '2m', '--events'], {
    cwd: project.path,
  });
  await listenTo(second).tells(
    (event) => event.type === 'log' && event.message.startsWith('Locked: waiting'),
  );
  second.kill('SIGINT');
  expect((await second).exitCode).toBe(130);
  await goOn();
  expect((await first).exitCode).toBe(0);
});

test('of twenty deployments started at once one commits, and the others touch nothing', async () => {
  const runs = await Promise.all(
    Array.from({ length: 20 }, () => startCutover(['deploy', 'production', '--json'], { cwd: project.path })),
  );
  const outcomes = runs.map(({ exitCode, stdout }) => {
    const answer = JSON.parse(stdout) as Partial<TransactionResult> & {
      readonly error?: { readonly code: string };
    };
    return `${exitCode} ${answer.outcome ?? answer.error?.code}`;
  });
  const stories = runs.flatMap(({ stderr }, index) => (outcomes[index] === '0 committed' ? [stderr] : []));
  expect(stories, stories.join('\n')).toHaveLength(1);
  const others = new Set(outcomes.filter((outcome) => outcome !== '0 committed'));
  for (const each of ['11 E_LOCKED', '0 unchanged', '4 E_STALE']) others.delete(each);
  expect([...others]).toEqual([]);
  expect(await namesIn(server, '/srv/app/releases')).toHaveLength(2);
  const { answer } = await project.json<StatusResult>(['status', 'production']);
  expect(answer.servers).toMatchObject([{ lock: null, openTransaction: null, drift: null }]);
});

test('a deployment that was suspended and lost its lock changes nothing when it wakes up', async () => {
  const { running } = await deploying();
  running.kill('SIGSTOP');
  await goOn();
  await inContainer(server, ['sh', '-c', 'touch -h -d "-2 minutes" /srv/app/.cutover/locks/*']);
  const aborted = await project.run(['resume', 'production', '--abort']);
  expect({ exitCode: aborted.exitCode, stderr: aborted.stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringContaining('nothing was heard of it for 2 minutes'),
  });
  await project.configure({ servers: { web1: serverEntry(server) } });
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
  const live = await currentOf(server);
  const before = await listTree(server, '/srv/app');
  running.kill('SIGCONT');
  const { exitCode, stdout, stderr } = await running;
  expect(await listTree(server, '/srv/app')).toBe(before);
  expect(await currentOf(server)).toBe(live);
  expect({ exitCode, said: stdout + stderr }).toEqual({
    exitCode: 13,
    said: expect.stringContaining('took the lock over'),
  });
});

test('a run gives signs of life while it works', async () => {
  const { running } = await deploying();
  await inContainer(server, ['sh', '-c', untilSo('[ -e /srv/app/.cutover/locks/beat-g-* ]')]);
  const { answer } = await project.json<StatusResult>(['status', 'production']);
  expect(answer.servers).toMatchObject([{ lock: { message: null, beatAgeSec: expect.any(Number) } }]);
  await goOn();
  expect((await running).exitCode).toBe(0);
});
