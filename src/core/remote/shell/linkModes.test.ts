import { appendFile, lstat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { engineHere, type Here, never, syncRequest, workHere } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';
import { manifestOf } from '../../testing/trees.ts';
import { A, B, seen, TREE } from './testing/linkedSite.ts';

test('files that are not shared are copies, thousands of them too, and all else is linked', async () => {
  const here = await engineHere();
  const names = Array.from({ length: 4000 }, (_, index) => `d/file number ${index}`);
  const tree = Object.fromEntries([...names, '-rf', 'linked'].map((name) => [name, name]));
  const work = await here.sync(A, tree);
  const unshared = [...names, '-rf'];
  expect(await here.link(A, work, { unshared, sharedDirectories: ['storage'] })).toEqual({
    copied: null,
    shares: true,
  });
  const release = (await listing(here.at('releases', A))).filter((line) => !line.includes('storage'));
  expect(release).toEqual(await listing(here.at('deploy-cache')));
  const links = async (name: string) => (await lstat(here.at('releases', A, name))).nlink;
  expect(await Promise.all(['d/file number 0', 'd/file number 3999', '-rf', 'linked'].map(links))).toEqual([
    1, 1, 1, 2,
  ]);
  expect(await seen(here.at('releases', A, '-rf'))).toEqual(await seen(here.at('deploy-cache/-rf')));
  await appendFile(here.at('releases', A, '-rf'), 'in place');
  expect(await here.engine.leaks(never)).toEqual([]);
});

test('a copy shares nothing, and is nothing to tell of when it was asked for', async () => {
  const here = await engineHere();
  const work = await here.sync(A, TREE);
  expect(await here.link(A, work, { mode: 'copy' })).toEqual({ copied: null, shares: false });
  expect(await listing(here.at('releases', A))).toEqual(await listing(here.at('deploy-cache')));
  expect((await lstat(here.at('releases', A, 'index.html'))).nlink).toBe(1);
});

/** A file system with reflinks, or without: as `cp` would tell it. */
async function copying(reflinks: boolean): Promise<Here> {
  const [good, bad] = ['exec /bin/cp -a --reflink=auto "$4" "$5"', 'echo "cp: failed to clone" >&2; exit 1'];
  const trial = '[ "$1" != --reflink=always ] || exec /bin/cp "$3" "$4"';
  const always = `case " $* " in *" --reflink=always "*) ${reflinks ? `${trial}; ${good}` : bad} ;; esac`;
  const path = await pathWith({ cp: `${always}\nexec /bin/cp "$@"` });
  return engineHere(localTransport({ env: { ...process.env, PATH: path } }), `${await scratch()}/shop`);
}

test.for([
  ['auto', true, { copied: null, shares: false }],
  ['auto', false, { copied: null, shares: true }],
  ['reflink', true, { copied: null, shares: false }],
  ['reflink', false, { copied: 'cp: failed to clone', shares: false }],
  ['hardlink', true, { copied: null, shares: true }],
] as const)('%s, where there are reflinks: %s', async ([mode, reflinks, linked]) => {
  const here = await copying(reflinks);
  const work = await here.sync(A, TREE);
  expect(await here.link(A, work, { mode })).toEqual(linked);
  expect(await listing(here.at('releases', A))).toEqual(await listing(here.at('deploy-cache')));
  expect((await lstat(here.at('releases', A, 'index.html'))).nlink).toBe(linked.shares ? 2 : 1);
});

test('a change of the executable bit alone is a new file, and the old release keeps its own', async () => {
  const tree = { 'run.sh': 'echo' };
  const here = await engineHere();
  await here.build(A, tree);
  const before = await lstat(here.at('releases', A, 'run.sh'));
  const wanted = manifestOf(tree).map((entry) => ({ ...entry, mode: 0o755 }));
  const work = await workHere(here.engine, B, wanted);
  await here.engine.sync(here.fence, syncRequest(B, work, tree), never);
  await here.link(B, work);
  expect((await lstat(here.at('releases', B, 'run.sh'))).mode & 0o777).toBe(0o755);
  expect(await lstat(here.at('releases', A, 'run.sh'))).toMatchObject({ mode: before.mode, ino: before.ino });
});
