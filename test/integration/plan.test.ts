import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import type { Plan } from '../../src/core/plan/types.ts';
import { type Project, serverEntry } from './support/project.ts';
import { contentOf, currentOf, listTree } from './support/remoteTree.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import type { SshServer } from './support/sshServer.ts';

let at: ServedProject;
let server: SshServer;
let project: Project;

beforeAll(async () => {
  at = await createServedProject({ image: 'openssh' });
  ({ server, project } = at);
  await project.repository.commit({ 'index.html': 'one', 'assets/site.css': 'a{}' }, 'One');
});
afterAll(() => at?.[Symbol.asyncDispose]());

/** Everything on both sides that a command could have written. */
async function everything(): Promise<string> {
  const local = await readdir(project.home, { recursive: true, withFileTypes: true });
  const names = local.map((entry) => join(entry.parentPath, entry.name)).sort();
  return [await listTree(server, '/srv'), await listTree(server, '/home/deploy'), ...names].join('\n');
}

/** A lock that is taken and given back leaves its generations. */
async function allButLocks(): Promise<string> {
  return (await everything())
    .split('\n')
    .filter((line) => !line.includes('/.cutover/locks'))
    .join('\n');
}

test.each(['before the first deployment', 'after it'])(
  'plan, status, releases and check write nothing, on either side: %s',
  async (when) => {
    if (when === 'after it') {
      expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
      await project.repository.commit({ 'index.html': 'two' }, 'Two');
    }
    const before = await everything();
    const { exitCode, answer } = await project.json<Plan>(['plan', 'production']);
    expect(exitCode).toBe(0);
    expect(answer.servers[0]?.changes).toEqual(
      when === 'after it'
        ? { added: 0, updated: 1, removed: 2, bytes: 3, sinceLive: true }
        : { added: 3, updated: 0, removed: 0, bytes: 6, sinceLive: true },
    );
    for (const command of ['plan', 'status', 'releases', 'check']) {
      expect((await project.run([command, 'production'])).exitCode).toBe(0);
    }
    expect(await everything()).toBe(before);
  },
);

test('a saved plan is run exactly, also when its branch has moved on', async () => {
  await project.repository.commit({ 'index.html': 'three' }, 'Three');
  const planned = await project.json<Plan>(['plan', 'production', '--out', 'plan.json']);
  await project.repository.commit({ 'index.html': 'four' }, 'Four');
  const { exitCode, answer } = await project.json<TransactionResult>([
    'deploy',
    'production',
    '--plan',
    'plan.json',
  ]);
  expect({ exitCode, release: answer.release, revision: answer.revision }).toEqual({
    exitCode: 0,
    release: planned.answer.release,
    revision: planned.answer.revision,
  });
  expect(await contentOf(server, '/srv/app/current/index.html')).toBe('three');
});

test('a saved plan is refused, and nothing touched, when somebody deployed in between', async () => {
  await project.run(['plan', 'production', '--out', 'plan.json']);
  await project.repository.commit({ 'index.html': 'five' }, 'Five');
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
  const before = await everything();
  const { exitCode, stderr } = await project.run(['deploy', 'production', '--plan', 'plan.json']);
  expect(exitCode).toBe(4);
  expect(stderr).toContain('stale; nothing was touched');
  expect(stderr).toMatch(/web1: current leads to releases\/\d{14}, not to releases\/\d{14}/);
  expect(await everything()).toBe(before);
});

test('a plan that was edited is refused', async () => {
  await project.repository.commit({ 'index.html': 'six' }, 'Six');
  await project.run(['plan', 'production', '--out', 'plan.json']);
  const file = join(project.path, 'plan.json');
  const plan = JSON.parse(await readFile(file, 'utf8')) as Plan;
  const servers = plan.servers.map((each) => ({ ...each, prune: [...each.prune, '20200101000000'] }));
  await writeFile(file, JSON.stringify({ ...plan, servers }));
  const { exitCode, stderr } = await project.run(['deploy', 'production', '--plan', 'plan.json']);
  expect(exitCode).toBe(4);
  expect(stderr).toContain('it was changed after it was made');
});

test('a plan does not survive a change of the configuration', async () => {
  await project.run(['plan', 'production', '--out', 'plan.json']);
  const live = await currentOf(server);
  await project.configure({ keep: 5, servers: { web1: serverEntry(server) } });
  const { exitCode, stderr } = await project.run(['deploy', 'production', '--plan', 'plan.json']);
  expect(exitCode).toBe(4);
  expect(stderr).toContain('the configuration has changed');
  expect(await currentOf(server)).toBe(live);
});

test('a plan lists the hooks that would run, by name alone, and does not survive a change of what one does', async () => {
  const configure = (text: string) =>
    project.configure({
      servers: { web1: serverEntry(server) },
      hooks: {
        always: [{ command: { argv: ['echo', 'over'] } }],
        onRollback: [{ wait: { for: '1s' } }],
        'after:postLaunch': [{ command: { argv: ['echo', text] }, on: 'once' }],
      },
    });
  await configure('first');
  const saved = ['plan', 'production', '--out', 'plan.json'];
  const { exitCode, answer } = await project.json<Plan>(saved);
  expect(exitCode).toBe(0);
  expect(answer.servers[0]?.hooks).toEqual([
    { point: 'after:postLaunch', name: 'command', on: 'once' },
    { point: 'always', name: 'command', on: 'all' },
  ]);
  const { stdout } = await project.run(['plan', 'production']);
  expect(stdout).toContain('\nHooks\n  after:postLaunch  command\n  always            command\n');

  const live = await currentOf(server);
  await configure('second');
  const refused = await project.run(['deploy', 'production', '--plan', 'plan.json']);
  expect(refused.exitCode).toBe(4);
  expect(refused.stderr).toMatch(
    /The plan is stale; nothing was touched\.\n\s+the configuration has changed\n/,
  );
  expect(await currentOf(server)).toBe(live);

  await configure('first');
  const run = await project.run(['deploy', 'production', '--plan', 'plan.json']);
  expect(run.exitCode).toBe(0);
  expect(run.stderr).toMatch(/first[\s\S]*over/);
});

test('deploying what is live already changes nothing', async () => {
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
  const before = await allButLocks();
  const { exitCode, answer } = await project.json<TransactionResult>(['deploy', 'production']);
  expect({ exitCode, outcome: answer.outcome }).toEqual({ exitCode: 0, outcome: 'unchanged' });
  expect(await allButLocks()).toBe(before);
  expect((await project.run(['unlock', 'production'])).stdout).toContain('not locked');
});
