import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Event } from '../../src/core/journal/events.ts';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { createProject, type Project, serverEntry } from './support/project.ts';
import { contentOf, currentOf, namesIn } from './support/remoteTree.ts';
import { type SshServer, startServer } from './support/sshServer.ts';

const NAMES = ['web1', 'web2', 'web3'];

let machines: readonly SshServer[];
let project: Project;

beforeAll(async () => {
  machines = await Promise.all(NAMES.map(() => startServer({ image: 'openssh' })));
  project = await createProject(environment());
  await project.repository.commit({ 'index.html': 'one' }, 'One');
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await Promise.all((machines ?? []).map((machine) => machine.stop()));
});

function environment(commands: object = {}) {
  return {
    commands,
    servers: Object.fromEntries(NAMES.map((name, index) => [name, serverEntry(machines[index]!)])),
  };
}

const currents = () => Promise.all(machines.map((machine) => currentOf(machine)));

test('three servers change over together, and none before all are staged', async () => {
  const { exitCode, stdout, stderr } = await project.run(['deploy', 'production', '--json', '--events']);
  const result = JSON.parse(stdout) as TransactionResult;
  expect(exitCode).toBe(0);
  expect(result.servers.map(({ name, outcome, current }) => ({ name, outcome, current }))).toEqual(
    NAMES.map((name) => ({ name, outcome: 'committed', current: result.release })),
  );
  expect(await currents()).toEqual(NAMES.map(() => `releases/${result.release}`));
  const events = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  const staged = events.findLastIndex((event) => event.type === 'step.done' && event.step === 'postUpload');
  const activating = events.findIndex((event) => event.type === 'step.begun' && event.step === 'activate');
  expect(staged).toBeGreaterThan(0);
  expect(activating).toBeGreaterThan(staged);
  const facts = events.filter((event) => event.type !== 'log');
  expect(facts.at(-1)).toMatchObject({ type: 'closed', outcome: 'committed' });
});

test.each([
  ['before activation', { postUpload: ['test "$CUTOVER_SERVER" != web2'] }, 'postUpload'],
  ['after activation', { postLaunch: ['test "$CUTOVER_SERVER" != web2'] }, 'postLaunch'],
])('one server that fails %s takes all back', async (_, commands, step) => {
  const before = await currents();
  await project.configure(environment(commands));
  await project.repository.commit({ 'index.html': `fails in ${step}` });
  const { exitCode, answer } = await project.json<TransactionResult>(['deploy', 'production']);
  expect({ exitCode, outcome: answer.outcome }).toEqual({ exitCode: 12, outcome: 'compensated' });
  expect(answer.servers.map(({ failure }) => failure?.step ?? null)).toEqual([null, step, null]);
  expect(await currents()).toEqual(before);
  for (const machine of machines) {
    expect(await contentOf(machine, '/srv/app/current/index.html')).toBe('one');
    expect(await namesIn(machine, '/srv/app/releases')).toHaveLength(1);
  }
});

test('a server that cannot be reached stops all before anything is touched', async () => {
  const before = await currents();
  const options = environment();
  await project.configure({
    ...options,
    servers: {
      ...options.servers,
      web4: serverEntry(machines[0]!, { host: '127.0.0.1', port: 1, path: '/srv/app/x' }),
    },
  });
  const { exitCode, stderr } = await project.run(['deploy', 'production']);
  expect(exitCode).toBe(10);
  expect(stderr).toContain('web4');
  expect(stderr).toContain('Nothing was touched');
  expect(await currents()).toEqual(before);
  const status = await project.json<{ servers: { name: string; reachable: boolean }[] }>([
    'status',
    'production',
  ]);
  expect(status.answer.servers.map(({ name, reachable }) => [name, reachable])).toEqual([
    ['web1', true],
    ['web2', true],
    ['web3', true],
    ['web4', false],
  ]);
});

test('a lock on one of them is met as exit 11, and no lock is left on the others', async () => {
  await project.configure(environment());
  const holder = 'v1 abc somebody%40elsewhere 1 2026-01-01T00%3A00%3A00Z 20260101000000';
  await machines[1]!.exec(['sh', '-c', 'cd /srv/app/.cutover/locks && ln -s "$1" g-000900', 'sh', holder]);
  const before = await currents();
  const { exitCode, stderr } = await project.run(['deploy', 'production']);
  expect(exitCode).toBe(11);
  expect(stderr).toContain('web2 is locked by somebody@elsewhere');
  expect(stderr).toContain('cutover unlock production');
  expect(await currents()).toEqual(before);

  const shown = await project.json<{ servers: { name: string; lock: object | null; released: boolean }[] }>([
    'unlock',
    'production',
  ]);
  expect(shown.answer.servers.map(({ lock, released }) => [lock !== null, released])).toEqual([
    [false, false],
    [true, false],
    [false, false],
  ]);
  expect((await project.run(['unlock', 'production', '--yes'])).exitCode).toBe(0);
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
});
