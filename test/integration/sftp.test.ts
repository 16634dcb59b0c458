import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CheckResult, StatusResult, TransactionResult } from '../../src/core/operations/results.ts';
import { startCutover } from './support/cutover.ts';
import { writeTree } from './support/gitRepository.ts';
import { archiveIn, packageHistory } from './support/packageHistory.ts';
import { type Project, serverEntry } from './support/project.ts';
import { currentOf, inContainer, listTree, namesIn } from './support/remoteTree.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import { type SshServer, startServer } from './support/sshServer.ts';
import { listenTo } from './support/story.ts';

let at: ServedProject;
let server: SshServer;
let project: Project;

beforeEach(async () => {
  at = await createServedProject({ image: 'sftp-only' }, { branch: 'main', keep: 3 });
  ({ server, project } = at);
});
afterEach(() => at?.[Symbol.asyncDispose]());

test('eight states of a real tree arrive on a server without a shell exactly as git archive gives them', {
  timeout: 300_000,
}, async () => {
  for await (const commit of packageHistory(project, 8)) {
    const { exitCode, answer } = await project.json<TransactionResult>(['deploy', 'production']);
    expect({ exitCode, outcome: answer.outcome, problems: answer.problems }).toEqual({
      exitCode: 0,
      outcome: 'committed',
      problems: [],
    });
    expect(await currentOf(server)).toBe(`releases/${answer.release}`);
    expect(await listed(`${server.pathInContainer}/current`)).toBe(await listedArchive(commit));
  }
  expect(await namesIn(server, `${server.pathInContainer}/releases`)).toHaveLength(3);
});

test('check, status, rollback and what was deployed already', async () => {
  await release('one', { file: 'one' });
  const first = await project.json<TransactionResult>(['deploy', 'production']);
  await release('two', { file: 'two' });
  const second = await project.json<TransactionResult>(['deploy', 'production']);
  expect([first.exitCode, second.exitCode]).toEqual([0, 0]);

  const unchanged = await project.json<TransactionResult>(['deploy', 'production']);
  expect(unchanged.answer.outcome).toBe('unchanged');
  const check = await project.json<CheckResult>(['check', 'production']);
  expect(check.exitCode).toBe(0);
  expect(check.answer.servers[0]?.findings.map(({ message }) => message)).toContain(
    'the login runs no POSIX shell: everything is done over SFTP, and no commands can be run',
  );
  const status = await project.json<StatusResult>(['status', 'production']);
  expect(status.answer.servers[0]).toMatchObject({ reachable: true, current: second.answer.release });

  const back = await project.json<TransactionResult>(['rollback', 'production']);
  expect(back.answer).toMatchObject({ outcome: 'committed', release: first.answer.release });
  expect(await currentOf(server)).toBe(`releases/${first.answer.release}`);
  expect(await inContainer(server, ['cat', `${server.pathInContainer}/current/file`])).toBe('one');
});

test('shared files and directories are those of the server', async () => {
  await project.configure({
    branch: 'main',
    shared: { directories: ['storage'], files: ['config/.env'] },
    servers: { web1: serverEntry(server) },
  });
  await release('one', { file: 'one', 'config/.env': 'from the source', 'storage/seed': 's' });
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
  const at = (name: string) => `${server.pathInContainer}/${name}`;
  await inContainer(server, ['sh', '-c', `echo mine >${at('shared/config/.env')}`]);
  await release('two', { file: 'two', 'config/.env': 'again', 'storage/seed': 'other' });
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
  expect(await inContainer(server, ['cat', at('shared/config/.env'), at('shared/storage/seed')])).toBe(
    'mine\ns',
  );
  expect(await inContainer(server, ['readlink', at('current/config/.env'), at('current/storage')])).toBe(
    '../../../shared/config/.env\n../../shared/storage\n',
  );
});

test.each(['syncCache', 'linkRelease', 'activate', 'prune'])(
  'a deployer that dies in %s is gone on with by another',
  async (step) => {
    const files = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`in/file${index}`, `${index}`]),
    );
    await release('one', { file: 'one' });
    const { answer } = await project.json<TransactionResult>(['deploy', 'production']);
    const commit = await release('two', { file: 'two', ...files });
    await dieIn(step);
    const serves = await currentOf(server);
    const resumed = await project.json<TransactionResult>(['resume', 'production']);
    expect(resumed).toMatchObject({ exitCode: 0, answer: { outcome: 'committed' } });
    const [before, after] = [answer, resumed.answer].map((each) => `releases/${each.release}`);
    // That the switch has begun is told before, and the deployer may die behind it.
    expect(
      { syncCache: [before], linkRelease: [before], activate: [before, after], prune: [after] }[step],
    ).toContain(serves);
    expect(await currentOf(server)).toBe(`releases/${resumed.answer.release}`);
    expect(await listed(`${server.pathInContainer}/current`)).toBe(await listedArchive(commit));
  },
);

test('one channel at a time is enough (MaxSessions 1)', async () => {
  await using narrow = await startServer({ image: 'sftp-only', sshd: ['MaxSessions=1'] });
  await project.configure({ branch: 'main', servers: { web1: serverEntry(narrow) } });
  await release('one', { file: 'one' });
  const { exitCode } = await project.run(['deploy', 'production']);
  expect(exitCode).toBe(0);
  expect(await inContainer(narrow, ['cat', `${narrow.pathInContainer}/current/file`])).toBe('one');
});

test('a configuration with commands is refused by name, and nothing is touched', async () => {
  await project.configure({
    branch: 'main',
    commands: { postUpload: ['composer install'], postLaunch: ['systemctl reload php-fpm'] },
    servers: { web1: serverEntry(server) },
  });
  await release('one', { file: 'one' });
  const before = await listTree(server, server.pathInContainer);
  for (const command of ['plan', 'deploy']) {
    const { exitCode, stderr } = await project.run([command, 'production']);
    expect(exitCode).toBe(4);
    expect(stderr).toContain('the command "composer install" cannot be run there');
    expect(stderr).toContain('the command "systemctl reload php-fpm" cannot be run there');
  }
  expect(await listTree(server, server.pathInContainer)).toBe(before);
});

/** Commits these files, and what is there. */
async function release(message: string, files: Readonly<Record<string, string>>): Promise<string> {
  const { repository } = project;
  await writeTree(repository.path, files);
  return repository.commitAll(message);
}

/** Kills a deployment, as nothing else can, when it has begun this step. */
async function dieIn(step: string): Promise<void> {
  const deployment = startCutover(['deploy', 'production', '--events'], { cwd: project.path });
  await listenTo(deployment).tells((event) => event.type === 'step.begun' && event.step === step);
  deployment.kill('SIGKILL');
  expect((await deployment).signal).toBe('SIGKILL');
}

/** Kind, mode and target of everything below, and what is in the files. */
function listed(path: string): Promise<string> {
  const script = `cd -P "$1"
find . -mindepth 1 \\( -type l -printf 'l %p %l\\n' \\) -o -printf '%y %m %p\\n' | LC_ALL=C sort
find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum`;
  return inContainer(server, ['sh', '-c', script, 'sh', path]);
}

async function listedArchive(commit: string): Promise<string> {
  return listed(await archiveIn(server, project.repository, commit));
}
