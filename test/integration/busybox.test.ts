import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { type EnvironmentOptions, type Project, serverEntry } from './support/project.ts';
import { contentOf, currentOf, inContainer, namesIn, tidiedIn } from './support/remoteTree.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import type { SshServer } from './support/sshServer.ts';

let at: ServedProject;
let server: SshServer;
let project: Project;
let environment: EnvironmentOptions;

beforeAll(async () => {
  at = await createServedProject({ image: 'busybox' });
  ({ server, project } = at);
  environment = {
    keep: 2,
    shared: { directories: ['storage'] },
    commands: { postUpload: ['echo "$CUTOVER_RELEASE" >built'], postLaunch: ['test -f built'] },
    servers: { web1: serverEntry(server) },
  };
  await project.configure(environment);
});
afterAll(() => at?.[Symbol.asyncDispose]());

const STANDBY = '/srv/app/.cutover/standby';
const LONG = `${'long directory name/'.repeat(14)}${'x'.repeat(180)}.txt`;

test('a tree with every kind of name, mode and link arrives whole', async () => {
  await project.repository.commit(
    {
      'index.html': 'one',
      'run.sh': { executable: '#!/bin/sh\n' },
      empty: '',
      '-rf': 'a dash',
      'it\'s $(touch pwned) "x" é e\u0301': 'odd',
      [LONG]: 'deep',
      'current-page': { link: 'index.html' },
    },
    'One',
  );
  const { exitCode, answer } = await project.json<TransactionResult>(['deploy', 'production']);
  expect({ exitCode, outcome: answer.outcome }).toEqual({ exitCode: 0, outcome: 'committed' });
  expect(await currentOf(server)).toBe(`releases/${answer.release}`);
  expect(await contentOf(server, '/srv/app/current/built')).toBe(`${answer.release}\n`);
  expect(await contentOf(server, `/srv/app/current/${LONG}`)).toBe('deep');
  expect([...(await namesIn(server, '/srv/app/current'))].sort()).toEqual(
    [
      '-rf',
      'built',
      'current-page',
      'empty',
      'index.html',
      'it\'s $(touch pwned) "x" é e\u0301',
      'long directory name',
      'run.sh',
      'storage',
    ].sort(),
  );
  const facts = await inContainer(server, [
    'sh',
    '-c',
    'cd /srv/app/current; stat -c %a run.sh index.html; readlink current-page; readlink storage; cat ./-rf',
  ]);
  expect(facts).toBe('755\n644\nindex.html\n../../shared/storage\na dash');
});

test('changes, removals and changes of kind follow; older releases stay as they were; keep is kept', async () => {
  const first = await currentOf(server);
  await project.repository.commit(
    { 'index.html': 'two', empty: { link: 'index.html' }, 'run.sh': 'no longer executable' },
    'Two',
  );
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
  const facts = 'cd /srv/app/current; stat -c %a run.sh; readlink empty; ls; cat index.html';
  expect(await inContainer(server, ['sh', '-c', facts])).toBe(
    '644\nindex.html\nbuilt\nempty\nindex.html\nrun.sh\nstorage\ntwo',
  );
  expect(await contentOf(server, `/srv/app/${first}/index.html`)).toBe('one');
  await tidiedIn(server);
  const inode = (path: string) => inContainer(server, ['sh', '-c', `stat -c %i $1`, 'sh', path]);
  const [standby = ''] = (await namesIn(server, STANDBY)).filter((name) => name.startsWith('g-'));
  const tree = await inode(`${STANDBY}/${standby}/tree`);
  await project.repository.commit({ 'index.html': 'three' }, 'Three');
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
  expect(await inode(`/srv/app/${await currentOf(server)}`)).toBe(tree);
  await tidiedIn(server);
  expect(await namesIn(server, '/srv/app/.cutover/trash')).toEqual([]);
  expect(await namesIn(server, '/srv/app/releases')).toHaveLength(2);
});

test('a failing command compensates, a rollback goes back, plan and check see it all', async () => {
  const live = await currentOf(server);
  await project.configure({ ...environment, commands: { postUpload: ['exit 9'] } });
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(12);
  expect(await currentOf(server)).toBe(live);
  await project.configure(environment);
  const { exitCode, answer } = await project.json<TransactionResult>(['rollback', 'production']);
  expect({ exitCode, previous: answer.previous }).toEqual({
    exitCode: 0,
    previous: live.slice('releases/'.length),
  });
  expect(await contentOf(server, '/srv/app/current/index.html')).toBe('two');
  const check = await project.run(['check', 'production']);
  // What was rolled back to stays until somebody says otherwise.
  expect(check.exitCode).toBe(4);
  expect(check.stdout).toContain('--unpin');
  expect(check.stdout).toContain('it has no bash');
});

test('what has moved is copied there, and of a large file only what differs is sent', async () => {
  const large = randomBytes(9 * 1024 ** 2);
  await project.repository.commit(
    { 'assets/one.js': 'one', 'assets/two.js': 'two', 'large.bin': large },
    'Four',
  );
  await project.configure(environment);
  expect((await project.run(['deploy', 'production', '--unpin'])).exitCode).toBe(0);
  const old = await currentOf(server);
  large.write('changed', 5_000_000);
  await project.repository.commit(
    {
      'static/one.js': 'one',
      'static/two.js': 'two',
      'large.bin': large,
    },
    'Five',
  );
  const { exitCode, answer } = await project.json<TransactionResult>(['deploy', 'production']);
  expect({ exitCode, bytes: answer.servers[0]?.uploaded.bytes }).toEqual({
    exitCode: 0,
    bytes: large.length,
  });
  expect(await contentOf(server, '/srv/app/current/static/two.js')).toBe('two');
  const sum = await inContainer(server, ['sha256sum', '/srv/app/current/large.bin']);
  expect(sum.split(' ')[0]).toBe(createHash('sha256').update(large).digest('hex'));
  expect(await contentOf(server, `/srv/app/${old}/assets/one.js`)).toBe('one');
});
