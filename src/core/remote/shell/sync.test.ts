import { chmod, lstat, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { engineHere, never } from '../../testing/engineHere.ts';
import { KIND_CHANGES } from '../../testing/kindChanges.ts';
import { listing } from '../../testing/listing.ts';

const A = '20260101000001';
const B = '20260101000002';

const paths = async (directory: string) => (await listing(directory)).map((line) => line.split(' ')[0]);

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

test.for(KIND_CHANGES)('a path may change its kind: %j to %j', async ([one, two]) => {
  const here = await engineHere();
  await here.sync(A, one);
  await here.sync(B, two);
  const fresh = await engineHere();
  await fresh.sync(B, two);
  expect(await listing(here.at('deploy-cache'))).toEqual(await listing(fresh.at('deploy-cache')));
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
