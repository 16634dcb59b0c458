import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Notice } from '../../src/core/contract/index.ts';
import type { NotifyTestResult, TransactionResult } from '../../src/core/operations/results.ts';
import { startReceiver } from '../../src/plugins/testing/receiver.ts';
import { startCutover } from './support/cutover.ts';
import { createProject, type EnvironmentOptions, type Project } from './support/project.ts';
import { isLine, listenTo } from './support/story.ts';

let project: Project;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let servers: EnvironmentOptions['servers'];
/** Whether it gets no answer, ever. */
let isSilent: (notice: Notice) => boolean;

beforeAll(async () => {
  receiver = await startReceiver((response, { body }) => {
    if (!isSilent(JSON.parse(body) as Notice)) response.writeHead(204).end();
  });
  project = await createProject({ servers: {} });
});
beforeEach(async () => {
  const path = await mkdtemp(join(project.path, 'web1-'));
  servers = { web1: { transport: 'local', path } };
  isSilent = () => false;
  receiver.received.length = 0;
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
});

const EVENTS = ['started', 'succeeded', 'failed', 'rolledBack', 'backToSuccess', 'stranded'];
const heard = () => receiver.received.map(({ body }) => JSON.parse(body) as Notice);

/** `postLaunch` is a command. */
async function configure(postLaunch: string, entry: object = {}): Promise<void> {
  const webhook = { url: `${receiver.url}/s3cret-path`, retries: 0, timeout: '60s' };
  await project.configure({
    servers,
    commands: { postLaunch: [postLaunch] },
    notify: [{ webhook, events: EVENTS, ...entry }],
  });
}

async function deploy(text: string) {
  await project.repository.commit({ 'index.html': text }, `Write ${text}`);
  return project.json<TransactionResult>(['deploy', 'production']);
}

test('people hear of the start, of success and failure, of success again, of a rollback and of who is stranded', async () => {
  await configure('true');
  const { answer: one } = await deploy('one');
  await configure('exit 3');
  expect((await deploy('two')).exitCode).toBe(12);
  await configure('true');
  const { answer: three } = await deploy('three');
  expect((await project.run(['rollback', 'production'])).exitCode).toBe(0);
  // What it would go back to is not there any more.
  await configure('rm -rf "$CUTOVER_PREVIOUS_PATH"; exit 3');
  await project.repository.commit({ 'index.html': 'four' }, 'Write four');
  const { exitCode, answer } = await project.json<TransactionResult>(['deploy', 'production', '--unpin']);
  expect([exitCode, answer.outcome]).toEqual([13, 'stranded']);

  const ends = heard().filter(({ event }) => event !== 'started');
  expect(heard().filter(({ event }) => event === 'started')).toHaveLength(5);
  expect(ends.map(({ events }) => events)).toEqual([
    ['succeeded'],
    ['failed', 'compensated'],
    ['succeeded', 'backToSuccess'],
    ['succeeded', 'rolledBack'],
    ['failed', 'stranded'],
  ]);
  expect(ends.map(({ title }) => title)).toEqual([
    `shop: production serves ${one.release}`,
    `shop: production failed, it still serves ${one.release}`,
    `shop: production serves ${three.release} (was ${one.release}), back to success`,
    `shop: production is back at ${one.release} (was ${three.release})`,
    'shop: production is stranded on web1',
  ]);
  expect(ends[1]?.text).toMatch(
    /\nWhy: .*exit status 3\nWhat: Write two\nRevision: [0-9a-f]{12}\nBranch: main\nAuthor: Ada /,
  );
  expect(ends[4]?.text).toMatch(/\nNext: cutover resume production$/);
});

test('a receiver that never answers delays nothing beyond its deadline', async () => {
  isSilent = () => true;
  await configure('true', { deadline: '300ms' });
  const { exitCode, answer } = await deploy('five');
  expect({ exitCode, problems: answer.problems }).toEqual({
    exitCode: 0,
    problems: [
      expect.stringMatching(/^the notifier webhook could not be told of the start: it /),
      'the notifier webhook could not be told: it did not answer in time (0.3 s)',
    ],
  });
  expect(JSON.stringify(answer)).not.toContain('s3cret-path');
});

test('who stops a deployment is told of it as well; a second signal does not wait for that', async () => {
  const isTold = Promise.withResolvers<Notice>();
  isSilent = (notice) => {
    if (notice.event !== 'compensated') return false;
    isTold.resolve(notice);
    return true;
  };
  await configure('echo launching; sleep 1000', { deadline: '1h' });
  await project.repository.commit({ 'index.html': 'six' });
  const running = startCutover(['deploy', 'production', '--events'], { cwd: project.path });
  const story = listenTo(running);
  await story.tells(isLine('launching'));
  running.kill('SIGINT');
  expect(await isTold.promise).toMatchObject({
    title: expect.stringMatching(/^shop: production was interrupted, nothing is live$/),
  });
  running.kill('SIGINT');
  expect((await running).exitCode).toBe(130);
});

test('notify test says which notifier does not work, and touches no server', async () => {
  await project.configure({
    servers: { web1: { transport: 'local', path: '/dev/null/nowhere' } },
    notify: [
      { webhook: { url: receiver.url }, text: 'it is {outcome}' },
      { webhook: { url: 'http://127.0.0.1:1/s3cret-path', retries: 0 }, events: ['failed'] },
    ],
  });
  const { exitCode, answer } = await project.json<NotifyTestResult>([
    'notify',
    'test',
    'production',
    'webhook',
  ]);
  expect(exitCode).toBe(3);
  expect(answer.notifiers.map(({ notices }) => notices.map(({ problem }) => problem))).toEqual([
    [null, null, null, null, null],
    [expect.stringContaining('at http://127.0.0.1:1 did not take the notice: nothing listens there')],
  ]);
  expect(heard().map(({ text }) => text)).toContain('[test] it is rolled back');

  receiver.received.length = 0;
  await project.configure({ servers, notify: [{ webhook: { url: receiver.url }, events: ['failed'] }] });
  const { exitCode: well, stdout } = await project.run([
    'notify',
    'test',
    'production',
    '--event',
    'started',
  ]);
  expect([well, stdout]).toEqual([
    0,
    expect.stringMatching(/^webhook\n {2}✓ \[test\] shop: deploying \d+ to production/),
  ]);
  expect(heard()).toMatchObject([{ event: 'started', isTest: true }]);
});
