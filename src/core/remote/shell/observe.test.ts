import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { engineAt, engineHere, ledgerLine, linkTo, lockRecord, never } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport, ordinaryUser } from '../../testing/localConnection.ts';
import { scratch } from '../../testing/scratch.ts';
import { shellEngine } from './index.ts';

const A = '20260101000001';

const observe = (path: string, shared: readonly string[] = [], transport = localTransport()) =>
  shellEngine(linkTo(transport), path).observe(shared, never);

test('where nothing is, nothing is found, and nothing is made', async () => {
  const path = join(await scratch(), 'not', 'there');
  const seen = await observe(path);
  expect(seen).toMatchObject({ path, realPath: path, exists: false, writable: true, releases: [] });
  expect(seen).toMatchObject({ current: { kind: 'absent' }, cache: { head: null, pending: false } });
  expect(seen.lock).toEqual({ generation: null, record: null, heldSec: null, beatAgeSec: null });
  expect(seen.freeBytes).toBeGreaterThan(0);
  expect(seen.tools).toContain('tar');
  await expect(listing(path)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a whole layout is read in one look', async () => {
  const here = await engineHere();
  await here.build(A, { 'index.html': 'one', 'js/app.js': 'x' }, { sharedDirectories: ['storage'] });
  await here.activate(A, null);
  await mkdir(here.at('releases', 'initial'));
  await writeFile(here.at('releases', 'note.txt'), 'not a release');
  await symlink(A, here.at('releases', 'latest'));
  await writeFile(here.at('shared', '.env'), 'A=1');
  const seen = await here.see('storage', '.env', 'missing');
  expect(seen.current).toEqual({ kind: 'link', text: `releases/${A}`, release: A, dangling: false });
  expect(seen.releases).toEqual([A, 'initial']);
  expect(seen.ledger.map(({ release, state }) => `${release} ${state}`)).toEqual([
    `${A} ready`,
    `${A} active`,
  ]);
  expect(seen.shared).toEqual({ storage: 'directory', '.env': 'file', missing: 'absent' });
  expect(seen.cache.head).toMatchObject({ totals: { files: 2, directories: 1, bytes: 4 }, segments: [A] });
  expect(seen.lock).toMatchObject({ generation: 'g-000001', record: lockRecord('one') });
  expect(seen).toMatchObject({ exists: true, writable: true, misplaced: [], cache: { pending: false } });
  expect(Math.abs(seen.clock!.getTime() - Date.now())).toBeLessThan(60_000);
});

test('looking changes nothing, not even a time', async () => {
  const here = await engineHere();
  await here.build(A, { 'a b': 'x' });
  await here.activate(A, null);
  const before = await listing(here.path, 'trace');
  await here.see('storage', 'deep/er');
  expect(await listing(here.path, 'trace')).toEqual(before);
});

test.for([
  ['a directory', (at: string) => mkdir(at), { kind: 'directory' }],
  ['a file', (at: string) => writeFile(at, ''), { kind: 'other' }],
  [
    'a link to nothing',
    (at: string) => symlink('releases/9', at),
    { kind: 'link', text: 'releases/9', release: '9', dangling: true },
  ],
  [
    'a link out of releases',
    (at: string) => symlink('/tmp', at),
    { kind: 'link', text: '/tmp', release: null, dangling: false },
  ],
] as const)('current may be %s', async ([, make, expected]) => {
  const path = await scratch();
  await make(join(path, 'current'));
  expect((await observe(path)).current).toEqual(expected);
});

test('an absolute link to a release is understood, also through another name of the deploy path', async () => {
  const root = await scratch();
  await mkdir(join(root, 'real', 'releases', A), { recursive: true });
  await symlink('real', join(root, 'alias'));
  await symlink(join(root, 'real', 'releases', A), join(root, 'real', 'current'));
  const seen = await observe(join(root, 'alias'));
  expect(seen.current).toMatchObject({ kind: 'link', release: A, dangling: false });
  expect(seen).toMatchObject({ path: join(root, 'alias'), realPath: join(root, 'real') });
});

test('directories of ours that are links or files are named', async () => {
  const path = await scratch();
  await mkdir(join(path, 'elsewhere'));
  await symlink('elsewhere', join(path, 'releases'));
  await writeFile(join(path, 'shared'), '');
  await symlink('nowhere', join(path, 'deploy-cache'));
  expect((await observe(path)).misplaced).toEqual(['releases', 'shared', 'deploy-cache']);
});

test.for([
  'with space',
  "it's",
  '$(touch pwned)',
  '`touch pwned`',
  '"quoted"',
  'a;b&c|d',
  '*?[x]',
  'back\\slash',
  'ümläut 🚀',
  '-dash',
  '~tilde',
])('a deploy path may be called %s', async (name) => {
  const root = await scratch();
  const here = await engineHere(localTransport(), join(root, name));
  await here.build(A, { 'index.html': 'one' });
  await here.activate(A, null);
  const seen = await here.see();
  expect(seen).toMatchObject({ path: join(root, name), realPath: join(root, name), releases: [A] });
  expect(await listing(root)).toContainEqual(expect.stringMatching(/releases\/\d+\/index\.html file/));
  expect((await listing(root)).filter((line) => line.includes('/pwned'))).toEqual([]);
});

test('~/ is the home of the user there, and what changes the server finds it too', async () => {
  const home = await scratch();
  const engine = shellEngine(linkTo(localTransport({ env: { ...process.env, HOME: home } })), '~/a shop');
  expect(await engine.observe([], never)).toMatchObject({ path: `${home}/a shop`, exists: false });
  expect(await engine.takeLock(lockRecord('one'), never)).toMatchObject({ taken: true });
  expect(await engine.observe([], never)).toMatchObject({ path: `${home}/a shop`, exists: true });
  expect(await listing(home)).toContainEqual(expect.stringContaining('a shop/.cutover/locks/g-000001'));
});

test('a .cutover that cannot be read is refused by name, and a path without rights is not writable', async () => {
  const root = await scratch();
  const { path } = await engineAt(localTransport(), join(root, 'shop'));
  await chmod(root, 0o755);
  await chmod(join(path, '.cutover'), 0);
  await expect(observe(path, [], ordinaryUser())).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining(`${path}/.cutover cannot be read`),
  });
  await rm(join(path, '.cutover'), { recursive: true });
  await chmod(path, 0o555);
  expect(await observe(path, [], ordinaryUser())).toMatchObject({ writable: false, exists: true });
  await chmod(path, 0o755);
});

test('a torn ledger and a damaged manifest are read as far as they go', async () => {
  const here = await engineHere();
  await here.build(A, { 'index.html': 'one' });
  await writeFile(here.at('.cutover', 'ledger'), `${ledgerLine(A, 'ready')}\n{"release":"2026`);
  await writeFile(here.at('.cutover', 'cache'), 'cutover-cache 9\n');
  const seen = await here.see();
  expect(seen.ledger.map((entry) => entry.state)).toEqual(['ready']);
  expect(seen.cache).toMatchObject({ head: null, pending: false, hash: expect.any(String) });
});

test('what a power cut filled with NUL says no more than it did, and hides nothing after it', async () => {
  const here = await engineHere();
  const [first, last] = [ledgerLine(A, 'ready'), ledgerLine(A, 'succeeded')];
  const filled = `\0user\0somebody else\0${'\0'.repeat(4096)}`;
  await writeFile(here.at('.cutover', 'ledger'), `${first}\n${filled}\n${last}\n`);
  const seen = await here.see();
  expect(seen.ledger.map(({ state }) => state)).toEqual(['ready', 'succeeded']);
  expect(seen.user).not.toBe('somebody else');
});

test('without its deploy-cache a manifest says nothing', async () => {
  const here = await engineHere();
  await here.build(A, { 'index.html': 'one' });
  await rename(here.at('deploy-cache'), here.at('moved-away'));
  expect((await here.see()).cache).toEqual({ head: null, pending: false, hash: null });
});
