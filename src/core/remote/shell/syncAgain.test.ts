import { link, lstat, mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Snapshot } from '../../sync/types.ts';
import { engineHere, linkTo, never, syncRequest, workHere } from '../../testing/engineHere.ts';
import { KIND_CHANGES } from '../../testing/kindChanges.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';
import { manifestOf, snapshotOf, type Tree } from '../../testing/trees.ts';
import { shellEngine } from './index.ts';

const A = '20260101000001';
const B = '20260101000002';
const C = '20260101000003';

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

test.for(KIND_CHANGES)(
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
