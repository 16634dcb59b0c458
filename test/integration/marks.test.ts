import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReleasesResult, StatusResult, TransactionResult } from '../../src/core/operations/results.ts';
import { type Project, serverEntry } from './support/project.ts';
import { contentOf, inContainer } from './support/remoteTree.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import type { SshServer } from './support/sshServer.ts';

let at: ServedProject;
let server: SshServer;
let project: Project;
const paths = { web1: '/srv/app/one', web2: '/srv/app/two' };

beforeAll(async () => {
  at = await createServedProject({ image: 'openssh', sshd: ['MaxStartups=100'] });
  ({ server, project } = at);
  const servers = Object.entries(paths).map(([name, path]) => [name, serverEntry(server, { path })]);
  await project.configure({ servers: Object.fromEntries(servers) });
  await project.repository.commit({ 'index.html': 'one' });
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
});
afterAll(() => at?.[Symbol.asyncDispose]());

const contents = () =>
  Promise.all(Object.values(paths).map((path) => contentOf(server, `${path}/current/index.html`)));
const deploy = (...flags: string[]) => project.json<TransactionResult>(['deploy', 'production', ...flags]);

test('a paused server is left out until it is unpaused, and a frozen environment until it is overridden', async () => {
  const paused = await project.run(['pause', 'production', 'web2', '--reason', 'new disk', '--until', '8h']);
  expect(paused).toMatchObject({ exitCode: 0 });
  expect(paused.stdout).toContain('To take it away: cutover unpause production web2');
  await project.repository.commit({ 'index.html': 'two' });
  const { answer, exitCode } = await deploy();
  expect({ exitCode, problems: answer.problems }).toEqual({
    exitCode: 0,
    problems: [expect.stringMatching(/^web2: it is paused by \S+ since \S+, until \S+: new disk;/)],
  });
  expect(await contents()).toEqual(['two', 'one']);

  expect((await project.run(['freeze', 'production', '--reason', 'closing'])).exitCode).toBe(0);
  await project.repository.commit({ 'index.html': 'three' });
  const refused = await project.run(['deploy', 'production']);
  expect(refused).toMatchObject({ exitCode: 4 });
  expect(refused.stderr).toMatch(/production is frozen on web1, web2 by \S+ since \S+: closing/);
  expect((await project.run(['deploy', 'production', '--override'])).exitCode).toBe(2);
  expect((await project.run(['unpause', 'production', 'web2'])).exitCode).toBe(0);
  expect(await contents()).toEqual(['two', 'one']);

  expect((await deploy('--override', '--reason', 'hot fix')).answer).toMatchObject({
    outcome: 'committed',
    problems: [],
  });
  expect(await contents()).toEqual(['three', 'three']);
  const { answer: told } = await project.json<ReleasesResult>(['releases', 'production']);
  expect(told.servers.map(({ releases }) => releases[0]?.override?.reason)).toEqual(['hot fix', 'hot fix']);
  expect((await project.run(['unfreeze', 'production'])).exitCode).toBe(0);
  expect((await deploy()).answer).toMatchObject({ outcome: 'unchanged' });
});

test('a mark ends by the clock of the server', async () => {
  const pausing = await project.run(['pause', 'production', 'web1', '--reason', 'short', '--until', '1h']);
  expect(pausing.exitCode).toBe(0);
  const paused = async () =>
    (await project.json<StatusResult>(['status', 'production'])).answer.servers.map(({ paused }) => paused);
  expect(await paused()).toMatchObject([{ reason: 'short' }, null]);
  // An hour passes.
  const pass = `now=$(date -u +%Y-%m-%dT%H:%M:%S.000Z) && sed -i 's/"until":"[^"]*/"until":"'"$now"'/' "$1"`;
  await inContainer(server, ['sh', '-c', pass, 'sh', `${paths.web1}/.cutover/paused`]);
  expect(await paused()).toEqual([null, null]);
});
