import {
  appendFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { engineHere, ledgerLine } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';

const A = '20260101000001';
const B = '20260101000002';

test('a release is the cache by hard links, and the ledger calls it ready once', async () => {
  const here = await engineHere();
  const work = await here.sync(A, { 'index.html': 'one', 'a/b': 'x', empty: null, now: { to: 'a/b' } });
  for (let time = 0; time < 2; time++) {
    expect(await here.link(A, work)).toEqual({ copied: null, shares: true });
    expect(await listing(here.at('releases', A))).toEqual(await listing(here.at('deploy-cache')));
    expect(await readFile(here.at('.cutover', 'ledger'), 'utf8')).toBe(`${ledgerLine(A, 'ready')}\n`);
  }
  const inode = async (...names: string[]) => (await lstat(here.at(...names))).ino;
  expect(await inode('releases', A, 'a/b')).toBe(await inode('deploy-cache', 'a/b'));
  expect(await readdir(here.at('.cutover', 'build'))).toEqual([]);
});

test('shared paths are seeded from the first release, as copies, and linked relatively', async () => {
  const here = await engineHere();
  const tree = { 'storage/logs/.keep': '', 'config/app.json': '{}', 'index.html': 'one' };
  await here.build(A, tree, {
    sharedDirectories: ['storage', 'public/uploads', 'var'],
    sharedFiles: ['config/app.json'],
  });
  expect(await listing(here.at('shared'))).toEqual([
    '. directory 755',
    './config directory 755',
    expect.stringMatching(/^\.\/config\/app\.json file 644/),
    './public directory 755',
    './public/uploads directory 755',
    './storage directory 755',
    './storage/logs directory 755',
    expect.stringMatching(/^\.\/storage\/logs\/\.keep file 644/),
    './var directory 755',
  ]);
  expect(await readlink(here.at('releases', A, 'storage'))).toBe('../../shared/storage');
  expect(await readlink(here.at('releases', A, 'public/uploads'))).toBe('../../../shared/public/uploads');
  await writeFile(here.at('releases', A, 'public/uploads', 'photo'), 'x');
  await appendFile(here.at('releases', A, 'config/app.json'), 'edited');
  expect(await readFile(here.at('shared/public/uploads/photo'), 'utf8')).toBe('x');
  expect(await readFile(here.at('deploy-cache/config/app.json'), 'utf8')).toBe('{}');
});

test('what is shared already stays as it is', async () => {
  const here = await engineHere();
  const shared = { sharedDirectories: ['storage'], sharedFiles: ['.env'] };
  await writeFile(here.at('shared', '.env'), 'SECRET=1');
  await here.build(A, { 'storage/seed': 'x' }, shared);
  await writeFile(here.at('shared/storage/upload'), 'by a user');
  const before = await listing(here.at('shared'), 'trace');
  await here.build(B, { 'storage/other': 'y', '.env': 'from the source' }, shared);
  expect(await listing(here.at('shared'), 'trace')).toEqual(before);
  expect(await readFile(here.at('releases', B, '.env'), 'utf8')).toBe('SECRET=1');
});

test('a shared file that is nowhere is an error, and no release appears', async () => {
  const here = await engineHere();
  await expect(here.build(A, { x: 'x' }, { sharedFiles: ['config/.env'] })).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining('shared/config/.env does not exist'),
  });
  expect(await readdir(here.at('releases'))).toEqual([]);
});

test('a parent of a shared path that is a link is refused, and nothing is written through it', async () => {
  const here = await engineHere();
  const before = await listing(here.at('shared'));
  const built = here.build(
    A,
    { 'real/x': 'x', public: { to: 'real' } },
    { sharedDirectories: ['public/uploads'] },
  );
  await expect(built).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringMatching(/public\/uploads cannot be linked: public is not a directory/),
  });
  expect(await listing(here.at('shared'))).toEqual(before);
  expect(await readdir(here.at('releases'))).toEqual([]);
});

test.for([
  [
    'a file too many',
    (cache: string) => writeFile(join(cache, 'extra'), ''),
    /holds 4 entries and not the 3/,
  ],
  ['a file too few', (cache: string) => rm(join(cache, 'a/b')), /holds 2 entries and not the 3/],
] as const)('a cache with %s is no release', async ([, change, message]) => {
  const here = await engineHere();
  const work = await here.sync(A, { x: 'x', 'a/b': 'y' });
  await change(here.at('deploy-cache'));
  await expect(here.link(A, work)).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringMatching(message),
  });
  expect(await readdir(here.at('releases'))).toEqual([]);
});

test('where hard links fail the release is a copy, and the reason is told', async () => {
  const failing =
    'case " $* " in *" -l "*) mkdir -p "$5"; echo "cp: cannot create hard link: Operation not permitted" >&2; exit 1 ;; esac; exec /bin/cp "$@"';
  const here = await engineHere();
  const work = await here.sync(A, { x: 'x', 'a/b': 'y' });
  const env = { ...process.env, PATH: await pathWith({ cp: failing }) };
  const there = await engineHere(localTransport({ env }));
  await mkdir(there.at('deploy-cache/a'), { recursive: true });
  await writeFile(there.at('deploy-cache/x'), 'x');
  await writeFile(there.at('deploy-cache/a/b'), 'y');
  expect(await there.link(A, work)).toEqual({
    copied: 'cp: cannot create hard link: Operation not permitted',
    shares: false,
  });
  expect(await listing(there.at('releases', A))).toEqual(await listing(here.at('deploy-cache')));
  expect((await lstat(there.at('releases', A, 'x'))).nlink).toBe(1);
});

test('a build that a dead run left is begun again', async () => {
  const here = await engineHere();
  const work = await here.sync(A, { x: 'x' });
  await mkdir(here.at('.cutover/build', A, 'half'), { recursive: true });
  await here.link(A, work);
  expect(await readdir(here.at('releases', A))).toEqual(['x']);
});

test('a ledger whose last line was torn gets the next one on a line of its own', async () => {
  const here = await engineHere();
  await writeFile(here.at('.cutover/ledger'), '{"release":"2026');
  await here.build(A, { x: 'x' });
  expect(await readFile(here.at('.cutover/ledger'), 'utf8')).toBe(
    `{"release":"2026\n${ledgerLine(A, 'ready')}\n`,
  );
});

test('a shared link that an operator made is kept, wherever it leads', async () => {
  const here = await engineHere();
  const disk = await scratch();
  await symlink(disk, here.at('shared', 'storage'));
  await here.build(A, { 'storage/x': 'x' }, { sharedDirectories: ['storage'] });
  expect(await readdir(disk)).toEqual([]);
  expect(await readlink(here.at('shared/storage'))).toBe(disk);
});
