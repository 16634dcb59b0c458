import { access, chmod, lstat, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Snapshot } from '../../sync/types.ts';
import { engineHere, type Here, never, syncRequest, workHere } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';
import { manifestOf, snapshotOf, type Tree } from '../../testing/trees.ts';

const A = '20260101000001';
const B = '20260101000002';

/** Brings the cache to this tree and gives what was sent. */
async function sync(here: Here, tree: Tree, release = B): Promise<readonly string[]> {
  const work = await workHere(here.engine, release, manifestOf(tree));
  const sent: string[] = [];
  const snapshot: Pick<Snapshot, 'read'> = {
    read(entries, signal) {
      sent.push(...entries.map((entry) => entry.path));
      return snapshotOf(tree).read(entries, signal);
    },
  };
  await here.engine.sync(here.fence, syncRequest(release, work, tree, { snapshot }), never);
  return sent;
}

async function expectWhole(here: Here, tree: Tree): Promise<void> {
  const fresh = await engineHere();
  await fresh.sync(B, tree);
  expect(await listing(here.at('deploy-cache'))).toEqual(await listing(fresh.at('deploy-cache')));
  expect(await here.engine.leaks(never)).toEqual([]);
}

const ODD = { 'it\'s $(touch pwned) "x" é': 'odd', '-rf': 'dash', ' spaces ': 'spaces', '*': 'star' };

test('a renamed directory is copied on the server, whatever names are in it', async () => {
  const here = await engineHere();
  const below = (top: string): Tree =>
    Object.fromEntries(Object.entries(ODD).map(([name, text]) => [`${top}/${name}/${name}`, text]));
  await here.build(A, { ...below('- old '), same: 'same' });
  const release = await listing(here.at('releases', A), 'trace');
  const tree = { ...below('new/er'), same: 'same' };
  expect(await sync(here, tree)).toEqual([]);
  await expectWhole(here, tree);
  expect((await listing(here.at('releases', A))).join()).toEqual(
    release.map((line) => line.replace(/( \d+){3}$/, '')).join(),
  );
});

test('each copy is a file of its own, with the mode and the time of the manifest', async () => {
  const here = await engineHere();
  await here.build(A, { one: 'equal' });
  expect(await sync(here, { one: 'equal', two: 'equal', 'x/three': 'other', 'x/four': 'other' })).toEqual([
    'x/four',
  ]);
  const files = await Promise.all(
    ['one', 'two', 'x/three', 'x/four'].map((name) => lstat(here.at('deploy-cache', name))),
  );
  expect(new Set(files.map(({ ino }) => ino)).size).toBe(4);
  expect(files.map(({ mtimeMs }) => mtimeMs)).toEqual(files.map(() => 1_700_000_000_000));
  expect(files.map(({ nlink }) => nlink)).toEqual([2, 1, 1, 1]);
});

test('a swap of two files takes each from the other', async () => {
  const here = await engineHere();
  await here.build(A, { one: 'first', two: 'second', 'a/x': '1', 'b/x': '2' });
  const tree = { one: 'second', two: 'first', 'a/x': '2', 'b/x': '1' };
  expect(await sync(here, tree)).toEqual([]);
  await expectWhole(here, tree);
  expect(await readFile(here.at('releases', A, 'one'), 'utf8')).toBe('first');
});

test('a source that was written to in place, or is gone, is not believed', async () => {
  const here = await engineHere();
  const before = { leak: 'fine', gone: 'gone', fine: 'still fine' };
  await here.build(A, before);
  await writeFile(here.at('deploy-cache', 'leak'), 'evil');
  await rm(here.at('deploy-cache', 'gone'));
  const tree = { leak2: 'fine', gone2: 'gone', fine2: 'still fine' };
  expect(await sync(here, tree)).toEqual(['gone2', 'leak2']);
  await expectWhole(here, tree);
});

test('what was found wrong is sent once, and nothing is done or told before', async () => {
  const here = await engineHere();
  await here.build(A, { one: 'one', two: 'two' });
  await writeFile(here.at('deploy-cache', 'one'), '1ne');
  const tree = { three: 'one', four: 'two', come: 'new' };
  const work = await workHere(here.engine, B, manifestOf(tree));
  const fence = {
    ...here.fence,
    journal: {
      lines: () => [],
      delivered: () => {},
      after: 'done',
      required: true,
    },
  };
  const reads: string[][] = [];
  const seen: string[] = [];
  const snapshot: Pick<Snapshot, 'read'> = {
    async *read(entries, signal) {
      reads.push(entries.map(({ path }) => path));
      seen.push(await readFile(here.at('.cutover', 'journals', 'open'), 'utf8').catch(() => 'nothing'));
      yield* snapshotOf(tree).read(entries, signal);
    },
  };
  await here.engine.sync(fence, syncRequest(B, work, tree, { snapshot }), never);
  expect(reads).toEqual([['come'], ['three']]);
  expect(seen).toEqual(['nothing', 'nothing']);
  expect(await readFile(here.at('.cutover', 'journals', 'open'), 'utf8')).toBe('\ndone\n');
  await expectWhole(here, tree);
});

test('when all of it was found wrong nothing is made any more', async () => {
  const here = await engineHere();
  await here.build(A, { one: 'one' });
  await writeFile(here.at('deploy-cache', 'one'), '1ne');
  expect(await sync(here, { two: 'one', come: 'new' })).toEqual(['come', 'two']);
  await expectWhole(here, { two: 'one', come: 'new' });
});

test('where the server cannot copy whole paths everything is sent', async () => {
  const tools = { cp: 'case "$*" in *--parents*) exit 1 ;; esac; exec /bin/cp "$@"' };
  const here = await engineHere(localTransport({ env: { ...process.env, PATH: await pathWith(tools) } }));
  await here.sync(A, { 'old/one': 'one', 'old/two': 'two' });
  const tree = { 'new/one': 'one', 'new/two': 'two' };
  expect(await sync(here, tree)).toEqual(['new/one', 'new/two']);
  await expectWhole(here, tree);
});

test.for(['cp', 'sha256sum', 'touch', 'chmod', 'cut', 'mv'])(
  'killed in the middle of %s and run again it ends the same',
  async (tool) => {
    const marker = join(await scratch(), 'killed');
    const real = `exec "$(PATH=/usr/bin:/bin command -v ${tool})" "$@"`;
    const text = `[ -e ${marker} ] || ${real}\nrm ${marker}; kill -9 $PPID; exit 137`;
    const env = { ...process.env, PATH: await pathWith({ [tool]: text }) };
    const here = await engineHere(localTransport({ env }));
    const before = { 'old/a': 'one', 'old/b': 'two', c: 'three', d: 'four' };
    await here.build(A, before);
    const tree = { 'new/a': 'one', 'new/b': 'two', e: 'three', d: 'four', f: 'four' };
    const work = await workHere(here.engine, B, manifestOf(tree));
    await writeFile(marker, '');
    const run = (isAgain: boolean) =>
      here.engine.sync(here.fence, syncRequest(B, work, tree, { isAgain }), never);
    await run(false).catch(() => {});
    await run(true);
    await run(true);
    await expectWhole(here, tree);
    await expect(access(marker)).rejects.toThrow();
  },
);

const TEXTS = ['one', 'two', 'three', ''] as const;
const PATHS = ['a', 'b', 'd/a', 'd/b', 'd/e/a', 'f/e/a', 'f/a'] as const;
const anyTree: fc.Arbitrary<Tree> = fc.dictionary(fc.constantFrom(...PATHS), fc.constantFrom(...TEXTS), {
  minKeys: 1,
});

test('whatever moves where, the cache ends as if all had been sent', async () => {
  const property = fc.asyncProperty(anyTree, anyTree, async (one, two) => {
    const here = await engineHere();
    await here.sync(A, one);
    await sync(here, two);
    await expectWhole(here, two);
  });
  await fc.assert(property, { numRuns: 12 });
});

test('a source whose mode was changed gives its content, but not its mode', async () => {
  const here = await engineHere();
  await here.build(A, { one: 'one' });
  await chmod(here.at('deploy-cache', 'one'), 0o777);
  expect(await sync(here, { two: 'one' })).toEqual([]);
  await expectWhole(here, { two: 'one' });
});
