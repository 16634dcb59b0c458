import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { putInFront, removeFronts } from './support/frontOfTool.ts';
import { type EnvironmentOptions, type Project, serverEntry } from './support/project.ts';
import { contentOf, currentOf, namesIn } from './support/remoteTree.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import type { SshServer } from './support/sshServer.ts';

let at: ServedProject;
let server: SshServer;
let project: Project;
let environment: EnvironmentOptions;
let version = 0;

beforeAll(async () => {
  at = await createServedProject({ image: 'openssh' });
  ({ server, project } = at);
  environment = { servers: { web1: serverEntry(server) } };
  await nextVersion();
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
});
afterAll(() => at?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await removeFronts(server);
  await project.configure(environment);
});

async function nextVersion(): Promise<void> {
  version += 1;
  await project.repository.commit({ 'index.html': `version ${version}` }, `Version ${version}`);
}

/** The tool fails when its arguments match. */
const breakTool = (tool: string, pattern: string) =>
  putInFront(server, tool, pattern, `echo "${tool}: broken for a test" >&2; exit 1`);

const FAULTS: readonly { readonly step: string; readonly make: () => Promise<void> }[] = [
  { step: 'prepare', make: () => breakTool('mkdir', '*/trial/*') },
  { step: 'syncCache', make: () => breakTool('tar', '*') },
  { step: 'linkRelease', make: () => breakTool('cp', '*.cutover/build/*') },
  {
    step: 'postUpload',
    make: () => project.configure({ ...environment, commands: { postUpload: ['echo no; exit 3'] } }),
  },
  { step: 'activate', make: () => breakTool('mv', '*.cutover/tmp/current\\ current') },
  {
    step: 'postLaunch',
    make: () => project.configure({ ...environment, commands: { postLaunch: ['false | cat'] } }),
  },
];

describe.each(FAULTS)('when $step fails', ({ step, make }) => {
  test('the old release is served, the failed one is gone and not counted', async () => {
    const live = await currentOf(server);
    const page = await contentOf(server, '/srv/app/current/index.html');
    const releases = await namesIn(server, '/srv/app/releases');
    await make();
    await nextVersion();

    const { exitCode, answer } = await project.json<TransactionResult>(['deploy', 'production']);

    expect(exitCode).toBe(12);
    expect(answer.outcome).toBe('compensated');
    expect(answer.servers[0]).toMatchObject({
      name: 'web1',
      outcome: 'compensated',
      current: live.slice('releases/'.length),
      failure: { step },
    });
    expect(await currentOf(server)).toBe(live);
    expect(await contentOf(server, '/srv/app/current/index.html')).toBe(page);
    expect(await namesIn(server, '/srv/app/releases')).toEqual(releases);
    expect(await namesIn(server, '/srv/app/.cutover/build')).toEqual([]);
    expect(await namesIn(server, '/srv/app/.cutover/trash')).toEqual([]);

    await removeFronts(server);
    await project.configure(environment);
    const { answer: status } = await project.json<{
      servers: { lock: unknown; drift: unknown; openTransaction: unknown }[];
    }>(['status', 'production']);
    expect(status.servers[0]).toMatchObject({ lock: null, drift: null, openTransaction: null });
    expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
    expect(await contentOf(server, '/srv/app/current/index.html')).toBe(`version ${version}`);
  });
});

test('a failing prune leaves the deployment committed, with a problem listed', async () => {
  await project.configure({ ...environment, keep: 1 });
  await breakTool('mv', '*.cutover/trash/*');
  await nextVersion();
  const { exitCode, answer } = await project.json<TransactionResult>(['deploy', 'production']);
  expect(exitCode).toBe(0);
  expect(answer.outcome).toBe('committed');
  expect(answer.problems).toHaveLength(1);
  expect(answer.problems[0]).toContain('old releases were not removed');
  expect(await currentOf(server)).toBe(`releases/${answer.release}`);
});

test('what failed says so to people too: the step, the reason, what is served', async () => {
  await project.configure({ ...environment, commands: { postUpload: ['echo the reason >&2; exit 3'] } });
  await nextVersion();
  const { exitCode, stdout, stderr } = await project.run(['deploy', 'production']);
  expect(exitCode).toBe(12);
  expect(stdout).toMatch(/Nothing changed: .*web1.* \d{14}/);
  expect(stdout).toContain('failed in postUpload');
  expect(stdout).toContain('exit status 3: the reason');
  expect(stderr).toContain('[web1] $ echo the reason >&2; exit 3');
});

test('a failed first deployment leaves nothing live', async () => {
  await project.configure({
    ...environment,
    servers: { web1: serverEntry(server, { path: '/srv/app/other' }) },
    commands: { postLaunch: ['exit 1'] },
  });
  const { exitCode, answer } = await project.json<TransactionResult>(['deploy', 'production']);
  expect({ exitCode, outcome: answer.outcome, current: answer.servers[0]?.current }).toEqual({
    exitCode: 12,
    outcome: 'compensated',
    current: null,
  });
  expect(await currentOf(server, '/srv/app/other')).toBe('');
  expect(await namesIn(server, '/srv/app/other/releases')).toEqual([]);
});

test('a rollback that fails goes forward again', async () => {
  const live = await currentOf(server);
  await project.configure({ ...environment, commands: { postLaunch: ['exit 1'] } });
  const { exitCode, answer } = await project.json<TransactionResult>(['rollback', 'production']);
  expect({ exitCode, outcome: answer.outcome }).toEqual({ exitCode: 12, outcome: 'compensated' });
  expect(await currentOf(server)).toBe(live);
});
