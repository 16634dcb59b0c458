import {
  chmod,
  link,
  lstat,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planSync } from '../../sync/syncWork.ts';
import type { Snapshot } from '../../sync/types.ts';
import { wholeFiles } from '../../sync/wholeFiles.ts';
import { editedUpload, type UploadEdit } from '../../testing/editedUpload.ts';
import { engineHere, linkTo, never, syncRequest, targetOf, workHere } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';
import { manifestOf, snapshotOf, type Tree } from '../../testing/trees.ts';
import { shellEngine } from './index.ts';

const A = '20260101000001';
const B = '20260101000002';
const C = '20260101000003';

const paths = async (directory: string) => (await listing(directory)).map((line) => line.split(' ')[0]);

/** A server that gets what is sent in another form. */
async function editedHere() {
  const transport = editedUpload(localTransport());
  const here = await engineHere(transport);
  const send = async (tree: Tree, edit: UploadEdit): Promise<void> => {
    transport.edit = edit;
    await here.sync(B, tree).finally(() => {
      transport.edit = null;
    });
  };
  return { ...here, send, transport };
}

test('the first upload makes the cache, and the manifest says what it holds', async () => {
  const here = await engineHere();
  await here.sync(A, { 'index.html': 'one', 'bin/run': 'x', empty: null, now: { to: 'bin/run' } });
  expect(await paths(here.at('deploy-cache'))).toEqual([
    '.',
    './bin',
    './bin/run',
    './empty',
    './index.html',
    './now',
  ]);
  expect(await readFile(here.at('deploy-cache', 'now'), 'utf8')).toBe('x');
  const { cache } = await here.see();
  expect((await here.engine.manifest(never)).manifest?.map((entry) => entry.path)).toEqual([
    'bin',
    'bin/run',
    'empty',
    'index.html',
    'now',
  ]);
  expect(cache).toMatchObject({
    pending: false,
    head: { totals: { files: 2, directories: 2, links: 1, bytes: 4 } },
  });
  expect(await paths(here.at('.cutover', 'incoming'))).toEqual(['.']);
});

test('a second upload sends what changed; what did not keeps its inode', async () => {
  const here = await engineHere();
  await here.sync(A, { same: 'same', changed: 'one', gone: 'x', 'old/deep/file': 'x' });
  const before = await lstat(here.at('deploy-cache', 'same'));
  const work = await here.sync(B, { same: 'same', changed: 'two', 'new/file': 'y' });
  expect(work.diff.upload.map((entry) => entry.path)).toEqual(['changed', 'new/file']);
  expect(await paths(here.at('deploy-cache'))).toEqual(['.', './changed', './new', './new/file', './same']);
  expect(await readFile(here.at('deploy-cache', 'changed'), 'utf8')).toBe('two');
  expect((await lstat(here.at('deploy-cache', 'same'))).ino).toBe(before.ino);
});

test('a release that shares the inodes of the cache never changes in a later upload', async () => {
  const here = await engineHere();
  const tree = { file: 'one', script: '#!/bin/sh', 'dir/inner': 'x', link: { to: 'file' }, 'dir2/gone': 'x' };
  await here.build(A, tree);
  const content = await listing(here.at('releases', A));
  const inodes = async () =>
    (await listing(here.at('releases', A), 'trace')).map((line) => line.split(' ').slice(0, -1));
  const before = await inodes();
  await here.sync(B, { file: 'two', script: 'other', 'dir/inner': 'y', link: { to: 'script' } });
  await here.sync(B, { file: 'three' }, { full: true });
  expect(await listing(here.at('releases', A))).toEqual(content);
  // Only the time of the inode moves: it has one name less.
  expect(await inodes()).toEqual(before);
});

const KINDS = [
  [{ x: 'file' }, { 'x/inner': 'now a directory' }],
  [{ 'x/inner': 'a directory' }, { x: 'now a file' }],
  [{ 'x/inner': 'a directory' }, { x: { to: 'y' }, y: 'now a link' }],
  [
    { x: { to: 'y' }, 'y/z': 'a link to a directory' },
    { 'x/z': 'now a directory', 'y/z': 'untouched' },
  ],
  [
    { x: 'file', y: 'y' },
    { x: { to: 'y' }, y: 'y' },
  ],
  [
    { x: { to: 'y' }, y: 'y' },
    { x: 'file', y: 'y' },
  ],
  [
    { 'x/inner': '1', 'x/more': '2', 'y/inner': '3' },
    { x: { to: 'y' }, 'y/inner': '3' },
  ],
  [
    { a: 'one', 'b/c': 'x' },
    { a: 'two', 'd/e': 'y' },
  ],
] as readonly (readonly [Tree, Tree])[];

test.for(KINDS)('a path may change its kind: %j to %j', async ([one, two]) => {
  const here = await engineHere();
  await here.sync(A, one);
  await here.sync(B, two);
  const fresh = await engineHere();
  await fresh.sync(B, two);
  expect(await listing(here.at('deploy-cache'))).toEqual(await listing(fresh.at('deploy-cache')));
});

test.for([1, 1100, 1600, 3500])(
  'an archive that lacks its last %d bytes leaves the cache as it is',
  async (bytesShort) => {
    const here = await editedHere();
    await here.sync(A, { file: 'one', other: 'x' });
    const cache = await listing(here.at('deploy-cache'), 'trace');
    const manifest = await readFile(here.at('.cutover', 'cache'));
    const torn = here.send({ file: 'two' }, (bytes) => bytes.subarray(0, -1024 - bytesShort));
    await expect(torn).rejects.toMatchObject({ code: 'E_REMOTE' });
    expect(await listing(here.at('deploy-cache'), 'trace')).toEqual(cache);
    expect(await readFile(here.at('.cutover', 'cache'))).toEqual(manifest);
    expect((await here.see()).cache.pending).toBe(false);
  },
);

test.for(['zstd', 'gzip'])(
  '%s: an upload that is compressed is whole, or leaves the cache as it is',
  async (tool) => {
    const here = await editedHere();
    const tree = { file: 'one', long: 'It was the best of times. '.repeat(4000) };
    const tools = new Set([tool]);
    const sync = async (wanted: Tree) => {
      const work = await workHere(here.engine, B, manifestOf(wanted));
      await here.engine.sync(here.fence, syncRequest(B, work, wanted, { tools }), never);
    };
    await sync(tree);
    expect(await readFile(here.at('deploy-cache', 'long'), 'utf8')).toBe(tree.long);
    const before = await listing(here.at('deploy-cache'), 'trace');
    const lengths: number[] = [];
    for (const part of [0.1, 0.5, 0.9]) {
      here.transport.edit = (bytes) => {
        lengths.push(bytes.length);
        return bytes.subarray(0, bytes.length * part);
      };
      await expect(sync({ ...tree, long: tree.long.toUpperCase() })).rejects.toMatchObject({
        code: 'E_REMOTE',
      });
    }
    expect(Math.max(...lengths)).toBeLessThan(10_000);
    expect(await listing(here.at('deploy-cache'), 'trace')).toEqual(before);
  },
);

test('an archive cut off between two entries, which tar takes for whole, is not taken for whole', async () => {
  const here = await editedHere();
  await here.sync(A, { file: 'one' });
  const torn = here.send({ file: 'two' }, (bytes) => {
    const mark = bytes.indexOf('./complete\0');
    return Buffer.concat([bytes.subarray(0, mark), Buffer.alloc(1024)]);
  });
  await expect(torn).rejects.toMatchObject({
    code: 'E_REMOTE',
    message: expect.stringContaining('the upload ended early'),
  });
  expect(await readFile(here.at('deploy-cache', 'file'), 'utf8')).toBe('one');
});

test('a directory of the cache that became a link is refused, and nothing outside is touched', async () => {
  const here = await engineHere();
  const outside = await scratch();
  await here.sync(A, { 'assets/app.js': 'one', 'assets/old.js': 'x' });
  await writeFile(join(outside, 'app.js'), 'not ours');
  await writeFile(join(outside, 'old.js'), 'not ours');
  await rm(here.at('deploy-cache', 'assets'), { recursive: true });
  await symlink(outside, here.at('deploy-cache', 'assets'));
  const before = await listing(outside, 'trace');
  await expect(here.sync(B, { 'assets/app.js': 'two' })).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringMatching(/deploy-cache\/assets is not the directory.*--full/),
  });
  expect(await listing(outside, 'trace')).toEqual(before);
  await here.sync(B, { 'assets/app.js': 'two' }, { full: true });
  expect(await listing(outside, 'trace')).toEqual(before);
  expect(await paths(here.at('deploy-cache'))).toEqual(['.', './assets', './assets/app.js']);
});

test('a cache that vanished in between is not taken for one that was merged', async () => {
  const here = await engineHere();
  await here.sync(A, { file: 'one', other: 'x' });
  const tree = { file: 'two', other: 'x' };
  const work = await workHere(here.engine, B, manifestOf(tree));
  await rename(here.at('deploy-cache'), here.at('elsewhere'));
  await expect(here.engine.sync(here.fence, syncRequest(B, work, tree), never)).rejects.toMatchObject({
    code: 'E_REFUSED',
  });
  // The next one knows nothing and builds it anew.
  await here.sync(B, tree);
  expect(await paths(here.at('deploy-cache'))).toEqual(['.', './file', './other']);
});

test('what a killed merge may have touched is sent again', async () => {
  const here = await engineHere();
  await here.sync(A, { a: 'one', b: 'one', c: 'one' });
  // Killed after cache.next, with half of it done: b already new, c cut off by hand.
  const other = await engineHere();
  await other.sync(A, { a: 'one', b: 'two', c: 'two' });
  await writeFile(here.at('.cutover', 'manifests', B), await readFile(other.at('.cutover', 'manifests', A)));
  const next = await readFile(other.at('.cutover', 'cache'), 'utf8');
  await writeFile(here.at('.cutover', 'cache.next'), next.replace(A, B));
  await rm(here.at('deploy-cache', 'b'));
  await link(other.at('deploy-cache', 'b'), here.at('deploy-cache', 'b'));
  await rm(here.at('deploy-cache', 'c'));
  expect((await here.see()).cache.pending).toBe(true);
  const work = await here.sync(B, { a: 'one', b: 'one', c: 'two' });
  expect(work).toMatchObject({ fresh: false });
  expect(work.diff.upload.map((entry) => entry.path)).toEqual(['b', 'c']);
  expect((await here.see()).cache.pending).toBe(false);
  expect(await readFile(here.at('deploy-cache', 'b'), 'utf8')).toBe('one');
  expect(await readFile(here.at('deploy-cache', 'c'), 'utf8')).toBe('two');
});

test('when two uploads were killed one after the other, nothing is relied on', async () => {
  const killed = await pathWith({ cp: 'exit 137' });
  const here = await engineHere();
  const dying = shellEngine(linkTo(localTransport({ env: { ...process.env, PATH: killed } })), here.path);
  await here.sync(A, { a: 'one', b: 'one' });
  // The first one may have changed b; the second one wants what b was before, and no longer tells of it.
  const first = { a: 'one', b: 'two' };
  const second = { a: 'three', b: 'one' };
  for (const [release, tree] of [
    [B, first],
    [C, second],
  ] as const) {
    const work = await workHere(here.engine, release, manifestOf(tree));
    const request = syncRequest(release, work, tree);
    await expect(dying.sync(here.fence, request, never)).rejects.toMatchObject({ code: 'E_REMOTE' });
  }
  expect(await workHere(here.engine, C, manifestOf(second))).toMatchObject({ fresh: true });
});

test('a cache thrown away by a killed --full is built anew', async () => {
  const here = await engineHere();
  await here.sync(A, { a: 'one' });
  await mkdir(here.at('.cutover', 'incoming', B), { recursive: true });
  await rename(here.at('.cutover', 'cache'), here.at('.cutover', 'cache.next'));
  await rename(here.at('deploy-cache'), here.at('.cutover', 'incoming', B, 'discarded'));
  const work = await here.sync(B, { a: 'one' });
  expect(work.fresh).toBe(true);
  expect(await readFile(here.at('deploy-cache', 'a'), 'utf8')).toBe('one');
});

test('modes are those of the manifest, whatever the umask of the login', async () => {
  const here = await engineHere();
  await here.sync(A, { file: 'x', dir: null });
  await chmod(here.at('deploy-cache', 'file'), 0o600);
  await here.sync(B, { file: 'y', dir: null });
  expect(await listing(here.at('deploy-cache'))).toEqual([
    '. directory 755',
    './dir directory 755',
    expect.stringMatching(/^\.\/file file 644 /),
  ]);
});

test.for(KINDS)(
  'a sync that is killed while it merges, and run again twice, ends the same: %j to %j',
  async ([one, two]) => {
    const marker = join(await scratch(), 'killed');
    const tools = { cp: `[ -e ${marker} ] && exec /bin/cp "$@"; : >${marker}; exit 137` };
    const env = { ...process.env, PATH: await pathWith(tools) };
    const here = await engineHere(localTransport({ env }));
    const fresh = await engineHere();
    await here.sync(A, one);
    await fresh.sync(B, two);
    const work = await workHere(here.engine, B, manifestOf(two));
    const again = () => here.engine.sync(here.fence, syncRequest(B, work, two), never);
    await expect(again()).rejects.toMatchObject({ code: 'E_REMOTE' });
    for (let time = 0; time < 2; time++) {
      await again();
      expect(await listing(here.at('deploy-cache'))).toEqual(await listing(fresh.at('deploy-cache')));
    }
  },
);

test('what has arrived, and was even merged, before the line broke is not sent again', async () => {
  const here = await engineHere();
  await here.sync(A, { same: 'same', changed: 'one' });
  const tree: Tree = { same: 'same', changed: 'two', 'new/file': 'y', 'new/other': 'z' };
  const work = await workHere(here.engine, B, manifestOf(tree));
  // As a first try leaves it that was cut off behind the merge, but for one file that is not whole.
  const arrived = here.at('.cutover', 'incoming', B, 'tree');
  await mkdir(join(arrived, 'new'), { recursive: true });
  await writeFile(join(arrived, 'changed'), 'two');
  await writeFile(join(arrived, 'new', 'file'), 'y');
  await writeFile(join(arrived, 'new', 'other'), '');
  for (const name of ['changed', 'new/file']) await utimes(join(arrived, name), 1_700_000_000, 1_700_000_000);
  await rm(here.at('deploy-cache', 'changed'));
  await link(join(arrived, 'changed'), here.at('deploy-cache', 'changed'));
  const inode = (await lstat(join(arrived, 'changed'))).ino;
  const sent: string[] = [];
  const snapshot: Pick<Snapshot, 'read'> = {
    read(entries, signal) {
      sent.push(...entries.map((entry) => entry.path));
      return snapshotOf(tree).read(entries, signal);
    },
  };
  await here.engine.sync(here.fence, syncRequest(B, work, tree, { isAgain: true, snapshot }), never);
  expect(sent).toEqual(['new/other']);
  expect(await readFile(here.at('deploy-cache', 'new/other'), 'utf8')).toBe('z');
  expect((await lstat(here.at('deploy-cache', 'changed'))).ino).toBe(inode);
  expect((await here.see()).cache).toMatchObject({ pending: false, head: work.head });
  expect((await here.engine.manifest(never)).manifest).toEqual(work.next);
});

test('where something has arrived that would not be sent, nothing is relied on', () => {
  const wanted = manifestOf({ a: 'x', b: 'y' });
  const { diff } = planSync({ manifest: null, pending: null }, wanted, false, targetOf(A, wanted));
  const file = (path: string, sizeBytes = 1, modifiedAtSec = 5) => ({ path, sizeBytes, modifiedAtSec });
  expect([...wholeFiles([file('a'), file('b')], diff, 5)]).toEqual(['a', 'b']);
  expect([...wholeFiles([file('a', 0), file('b', 1, 6)], diff, 5)]).toEqual([]);
  expect([...wholeFiles([file('a'), file('stranger')], diff, 5)]).toEqual([]);
});
