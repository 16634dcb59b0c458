import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { expect, test } from 'vitest';
import { packRepair } from '../../sync/repairArchive.ts';
import type { SyncWork } from '../../sync/syncWork.ts';
import { engineHere, type Here, never } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { snapshotOf, type Tree } from '../../testing/trees.ts';
import { A, B, seen, TREE } from './testing/linkedSite.ts';

const C = '20260101000003';

/** Two releases that share everything, the second being the one whose commands run. */
async function twoReleases(tree: Tree = TREE): Promise<{ here: Here; work: SyncWork }> {
  const here = await engineHere();
  await here.build(A, tree);
  const work = await here.sync(B, tree);
  await here.link(B, work);
  return { here, work };
}

async function repair(here: Here, work: SyncWork, tree: Tree, otherReleases = true): Promise<void> {
  const leaks = await here.engine.leaks(never);
  const of = (content: boolean) =>
    work.next!.filter(({ path }) => leaks.some((leak) => leak.path === path && leak.content === content));
  const archive = () =>
    packRepair({
      release: B,
      send: of(true),
      copy: of(false),
      snapshot: snapshotOf(tree),
      signal: never,
    });
  await here.engine.repair(here.fence, { release: B, otherReleases, archive }, never);
}

type Write = (release: (name: string) => string) => Promise<unknown>;

const LEAKS: readonly (readonly [string, Write, readonly { path: string; content: boolean }[]])[] = [
  ['>>', (at) => appendFile(at('index.html'), ' x'), [{ path: 'index.html', content: true }]],
  ['>', (at) => writeFile(at('index.html'), ''), [{ path: 'index.html', content: true }]],
  ['> of the same size', (at) => writeFile(at('index.html'), 'two'), [{ path: 'index.html', content: true }]],
  [
    '> in the second of the upload',
    async (at) => {
      await writeFile(at('index.html'), 'two');
      await utimes(at('index.html'), 1_700_000_000.5, 1_700_000_000.5);
    },
    [{ path: 'index.html', content: true }],
  ],
  ['touch', (at) => utimes(at('index.html'), 1, 1), [{ path: 'index.html', content: true }]],
  ['chmod', (at) => chmod(at('index.html'), 0o600), [{ path: 'index.html', content: false }]],
  ['chmod +x', (at) => chmod(at('index.html'), 0o755), [{ path: 'index.html', content: false }]],
  [
    'chmod -R',
    async (at) => {
      for (const name of Object.keys(TREE)) await chmod(at(name), 0o640);
    },
    Object.keys(TREE)
      .map((path) => ({ path, content: false }))
      .sort((one, other) => (one.path < other.path ? -1 : 1)),
  ],
  [
    'an odd name',
    (at) => appendFile(at('a b/it\'s "x" é'), '!'),
    [{ path: 'a b/it\'s "x" é', content: true }],
  ],
  ['one of two empty files', (at) => appendFile(at('empty'), 'x'), [{ path: 'empty', content: true }]],
];

test.for(LEAKS)(
  '%s is found, stays in its release and goes from everywhere else',
  async ([, write, leaks]) => {
    const { here, work } = await twoReleases();
    const [cache, old] = [await listing(here.at('deploy-cache')), await listing(here.at('releases', A))];
    const before = await Promise.all(Object.keys(TREE).map((name) => seen(here.at('releases', A, name))));
    expect(await here.engine.leaks(never)).toEqual([]);

    await write((name) => here.at('releases', B, name));
    const written = await listing(here.at('releases', B), 'content');
    const found = await here.engine.leaks(never);
    expect([...found].sort((one, other) => (one.path < other.path ? -1 : 1))).toEqual(leaks);

    for (let time = 0; time < 2; time++) {
      await repair(here, work, TREE);
      expect(await listing(here.at('deploy-cache'))).toEqual(cache);
      expect(await listing(here.at('releases', A))).toEqual(old);
      expect(await listing(here.at('releases', B))).toEqual(written);
      expect(await here.engine.leaks(never)).toEqual([]);
    }
    expect(await Promise.all(Object.keys(TREE).map((name) => seen(here.at('releases', A, name))))).toEqual(
      before,
    );
    expect(await readdir(here.at('.cutover/incoming'))).toEqual([`${B}.removed`]);
    const inode = async (...names: string[]) => (await lstat(here.at(...names))).ino;
    for (const { path } of leaks)
      expect(await inode('releases', A, path)).toBe(await inode('deploy-cache', path));
  },
);

test('a file that nobody can read any more is sent again', async () => {
  const { here, work } = await twoReleases();
  await chmod(here.at('releases', B, 'index.html'), 0o200);
  expect(await here.engine.leaks(never)).toEqual([{ path: 'index.html', content: true }]);
  await repair(here, work, TREE);
  expect(await seen(here.at('releases', A, 'index.html'))).toEqual(['one', '644', 1_700_000_000_000]);
  expect((await lstat(here.at('releases', B, 'index.html'))).mode & 0o777).toBe(0o200);
});

test('what puts a new file under the name is no leak', async () => {
  const { here } = await twoReleases();
  const at = (name: string) => here.at('releases', B, name);
  await writeFile(at('new'), 'two');
  await rename(at('new'), at('index.html'));
  await rm(at('empty'));
  await rm(at('other'));
  await writeFile(at('other'), 'made anew');
  expect(await here.engine.leaks(never)).toEqual([]);
  expect(await readFile(here.at('releases', A, 'index.html'), 'utf8')).toBe('one');
});

test('a release with a file of its own under the path keeps it', async () => {
  const here = await engineHere();
  await here.build(A, { 'index.html': 'older', same: 'x' });
  const tree = { 'index.html': 'newer', same: 'x' };
  const work = await here.sync(B, tree);
  await here.link(B, work);
  const before = await listing(here.at('releases', A), 'trace');
  await appendFile(here.at('releases', B, 'index.html'), ' leaked');
  await repair(here, work, tree);
  expect(await listing(here.at('releases', A), 'trace')).toEqual(before);
  expect(await readFile(here.at('deploy-cache/index.html'), 'utf8')).toBe('newer');
});

test('a reader of the live release finds every file, whole, while it is mended', async () => {
  const names = Array.from({ length: 60 }, (_, index) => `${index % 3}/${index}`);
  const tree = Object.fromEntries(names.map((name) => [name, 'true']));
  const { here, work } = await twoReleases(tree);
  for (const name of names) await appendFile(here.at('releases', B, name), ' leaked');
  let mended = false;
  const mending = repair(here, work, tree).finally(() => {
    mended = true;
  });
  const read = new Set<string>();
  while (!mended) {
    const contents = await Promise.all(names.map((name) => readFile(here.at('releases', A, name), 'utf8')));
    for (const content of contents) read.add(content);
  }
  await mending;
  expect([...read].filter((content) => content !== 'true' && content !== 'true leaked')).toEqual([]);
  expect(await here.engine.leaks(never)).toEqual([]);
});

test('a repair that died after a part of the releases goes on with the others', async () => {
  const tree = { x: 'x', y: 'y' };
  const { here, work } = await twoReleases(tree);
  await appendFile(here.at('releases', B, 'x'), ' leaked');
  await rm(here.at('releases', A, 'x'));
  await writeFile(here.at('releases', A, 'x'), 'x');
  await mkdir(here.at('.cutover/incoming', `${B}.repair`, 'tree'), { recursive: true });
  await writeFile(here.at('.cutover/incoming', `${B}.repair`, 'tree', 'y'), 'half');
  await repair(here, work, tree);
  for (const where of ['deploy-cache', `releases/${A}`]) {
    expect(await readFile(here.at(where, 'x'), 'utf8')).toBe('x');
    expect(await readFile(here.at(where, 'y'), 'utf8')).toBe('y');
  }
});

test('an upload that ends early mends nothing', async () => {
  const { here } = await twoReleases();
  await appendFile(here.at('releases', B, 'index.html'), ' leaked');
  const before = await listing(here.at('deploy-cache'), 'trace');
  const archive = async function* () {
    yield Buffer.alloc(1024);
  };
  await expect(
    here.engine.repair(here.fence, { release: B, otherReleases: true, archive }, never),
  ).rejects.toMatchObject({ code: 'E_REMOTE', message: expect.stringContaining('ended early') });
  expect(await listing(here.at('deploy-cache'), 'trace')).toEqual(before);
});

test('a cache that was written to through a release is not linked, unless that is known', async () => {
  const { here, work } = await twoReleases();
  await appendFile(here.at('releases', A, 'index.html'), ' leaked');
  await expect(here.link(C, work)).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining('changed in place'),
  });
  expect(await readdir(here.at('releases'))).toEqual([A, B]);
  expect(await readdir(here.at('.cutover/build'))).toEqual([]);
  await repair(here, work, TREE, false);
  await here.link(C, work);
  expect(await readFile(here.at('releases', C, 'index.html'), 'utf8')).toBe('one');
  expect(await readFile(here.at('releases', A, 'index.html'), 'utf8')).toBe('one leaked');
});
