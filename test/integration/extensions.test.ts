import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Notice } from '../../src/core/contract/index.ts';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { type Project, serverEntry } from './support/project.ts';
import { contentOf, currentOf, inContainer } from './support/remoteTree.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import type { SshServer } from './support/sshServer.ts';

let at: ServedProject;
let server: SshServer;
let project: Project;
let servers: Record<string, object>;
let url: string;

beforeAll(async () => {
  at = await createServedProject({ image: 'nginx' });
  ({ server, project } = at);
  url = `http://${server.host}:${server.httpPort}/index.html`;
  servers = { web1: serverEntry(server) };
  await project.repository.commit({ 'index.html': 'version one' }, 'One');
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
});
afterAll(() => at?.[Symbol.asyncDispose]());

function checking(contains: string): object {
  return {
    servers,
    hooks: { 'after:activate': [{ 'http-check': { url, contains, deadline: '2s', interval: '200ms' } }] },
  };
}

test('a page that answers as configured after activation lets the deployment through', async () => {
  await project.configure({ ...checking('version two'), servers });
  await project.repository.commit({ 'index.html': 'version two' }, 'Two');
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
  expect(await (await fetch(url)).text()).toBe('version two');
});

test('one that does not brings the old release back, and says what came instead', async () => {
  const live = await currentOf(server);
  await project.configure({ ...checking('version three'), servers });
  await project.repository.commit({ 'index.html': 'something else' }, 'Three');
  const { exitCode, answer } = await project.json<TransactionResult>(['deploy', 'production']);
  expect({ exitCode, outcome: answer.outcome }).toEqual({ exitCode: 12, outcome: 'compensated' });
  expect(answer.servers[0]?.failure).toMatchObject({ step: 'activate', code: 'E_HOOK' });
  expect(answer.servers[0]?.failure?.message).toContain('something else');
  expect(await currentOf(server)).toBe(live);
  expect(await (await fetch(url)).text()).toBe('version two');
});

test('a webhook hears of start and end; one that is down is a problem and no failure', async () => {
  const heard: Notice[] = [];
  const listener = createServer(async (request, response) => {
    heard.push(JSON.parse(await read(request)) as Notice);
    response.end();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/canary-4711-token`;
  await project.configure({
    servers,
    notify: [{ webhook: { url: { env: 'HOOK_URL' } }, events: ['started', 'succeeded'] }],
  });
  await project.repository.commit({ 'index.html': 'version four' }, 'Four');
  const first = await project.json<TransactionResult>(['deploy', 'production'], {
    env: { HOOK_URL: address },
  });
  expect(first.exitCode).toBe(0);
  expect(heard.map(({ event, release, servers: served }) => ({ event, release, served }))).toEqual([
    { event: 'started', release: first.answer.release, served: [] },
    {
      event: 'committed',
      release: first.answer.release,
      served: [{ name: 'web1', current: first.answer.release }],
    },
  ]);
  await new Promise((resolve) => listener.close(resolve));
  await project.repository.commit({ 'index.html': 'version five' }, 'Five');
  const second = await project.json<TransactionResult>(['deploy', 'production'], {
    env: { HOOK_URL: address },
  });
  expect({ exitCode: second.exitCode, outcome: second.answer.outcome }).toEqual({
    exitCode: 0,
    outcome: 'committed',
  });
  expect(second.answer.problems.join('\n')).toContain('webhook');
  expect(JSON.stringify(second.answer) + second.stderr).not.toContain('canary-4711-token');
});

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

test('commands find all there is to know in their environment', async () => {
  const live = (await currentOf(server)).slice('releases/'.length);
  const before = await project.repository.git('rev-parse', 'HEAD');
  await project.configure({
    branch: 'main',
    servers,
    commands: {
      postUpload: ['pwd >where-upload; env | grep ^CUTOVER_ | LC_ALL=C sort >variables'],
      postLaunch: ['pwd >where-launch', { run: 'pwd >where-root', cwd: 'root' }],
    },
  });
  const message = `It's "five" $(touch pwned) \`x\` é`;
  const commit = await project.repository.commit({ 'index.html': 'six' }, message);
  const { answer } = await project.json<TransactionResult>(['deploy', 'production']);
  const lines = (await contentOf(server, '/srv/app/current/variables')).trim().split('\n');
  expect(lines.filter((line) => !line.startsWith('CUTOVER_DEPLOYER='))).toEqual([
    'CUTOVER_APPLICATION=shop',
    'CUTOVER_AUTHOR=Ada Author <ada@example.com>',
    'CUTOVER_BRANCH=main',
    'CUTOVER_CURRENT_PATH=/srv/app/current',
    'CUTOVER_ENVIRONMENT=production',
    'CUTOVER_FIRST=0',
    'CUTOVER_FULL=0',
    `CUTOVER_MESSAGE=${message}`,
    `CUTOVER_PREVIOUS_PATH=/srv/app/releases/${live}`,
    `CUTOVER_PREVIOUS_RELEASE=${live}`,
    `CUTOVER_PREVIOUS_REVISION=${before}`,
    `CUTOVER_RELEASE=${answer.release}`,
    `CUTOVER_RELEASE_PATH=/srv/app/releases/${answer.release}`,
    `CUTOVER_REVISION=${commit}`,
    'CUTOVER_ROLLBACK=0',
    'CUTOVER_SERVER=web1',
    'CUTOVER_SERVER_INDEX=0',
    'CUTOVER_SHARED_PATH=/srv/app/shared',
  ]);
  expect(lines.find((line) => line.startsWith('CUTOVER_DEPLOYER='))).toMatch(/^CUTOVER_DEPLOYER=[^@]+@.+/);
  expect(await contentOf(server, '/srv/app/current/where-upload')).toBe(
    `/srv/app/releases/${answer.release}\n`,
  );
  expect(await contentOf(server, '/srv/app/current/where-launch')).toBe('/srv/app/current\n');
  expect(await contentOf(server, '/srv/app/where-root')).toBe('/srv/app\n');
  await inContainer(server, ['rm', '/srv/app/where-root']);
});

test('shared paths: directories are seeded once and kept, a missing file stops all before anything is sent', async () => {
  await project.configure({ servers, shared: { directories: ['storage'], files: ['.env'] } });
  await project.repository.commit({ 'index.html': 'seven', 'storage/seed.txt': 'from the source' });
  const live = await currentOf(server);
  const refused = await project.run(['deploy', 'production']);
  expect(refused.exitCode).toBe(4);
  expect(refused.stderr).toContain('the shared file /srv/app/shared/.env does not exist');
  expect(await currentOf(server)).toBe(live);

  await inContainer(server, [
    'sh',
    '-c',
    'echo secret >/srv/app/shared/.env; chown -R deploy /srv/app/shared',
  ]);
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
  expect(await contentOf(server, '/srv/app/current/.env')).toBe('secret\n');
  expect(await contentOf(server, '/srv/app/current/storage/seed.txt')).toBe('from the source');
  await inContainer(server, ['sh', '-c', 'echo kept >/srv/app/current/storage/upload.txt']);
  await project.repository.commit({ 'index.html': 'eight', 'storage/seed.txt': 'changed later' });
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
  expect(await contentOf(server, '/srv/app/current/storage/upload.txt')).toBe('kept\n');
  expect(await contentOf(server, '/srv/app/current/storage/seed.txt')).toBe('from the source');
});
