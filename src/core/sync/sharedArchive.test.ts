import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { never, syncRequest, targetOf } from '../testing/engineHere.ts';
import { manifestOf, type Tree } from '../testing/trees.ts';
import { shareArchive } from './sharedArchive.ts';
import { planSync } from './syncWork.ts';

const A = '20260101000001';

async function namesIn(archive: AsyncIterable<Uint8Array>): Promise<readonly string[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of archive) pieces.push(piece);
  const input = Buffer.concat(pieces);
  return spawnSync('tar', ['-t', '-f', '-'], { input, encoding: 'utf8' }).stdout.trim().split('\n');
}

test('all directories are in front of the first file, those that the cache has too', async () => {
  const held = manifestOf({ 'old/deep/a': 'one' }).map((entry) => ({ ...entry, modifiedAtSec: 1 }));
  const tree: Tree = { 'old/deep/a': 'two', 'new/er/b': 'x', top: 'y' };
  const wanted = manifestOf(tree);
  const work = planSync({ manifest: held, pending: null }, wanted, false, targetOf(A, wanted));
  const shared = shareArchive({ ...syncRequest(A, work, tree), signal: never }, 'this one');
  const names = await namesIn(shared.first(async () => {}));
  const mark = names.indexOf('./attempt');
  expect(names.slice(0, mark)).toEqual([
    './blocks/',
    './tree/',
    './tree/new/',
    './tree/new/er/',
    './tree/old/',
    './tree/old/deep/',
  ]);
  expect(names.slice(mark + 1).filter((name) => name.endsWith('/'))).toEqual([]);
});

test('each file goes to one of them, and what is applied goes last', async () => {
  const tree: Tree = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`f${index}`, `${index}`]));
  const wanted = manifestOf(tree);
  const work = planSync({ manifest: null, pending: null }, wanted, false, targetOf(A, wanted));
  const shared = shareArchive({ ...syncRequest(A, work, tree), signal: never }, 'this one');
  const others = [namesIn(shared.other(1)), namesIn(shared.other(2))];
  const first = await namesIn(shared.first(async () => void (await Promise.all(others))));
  const lists = [first, ...(await Promise.all(others))];
  const files = lists.flat().filter((name) => name.startsWith('./tree/f'));
  expect(files.sort()).toEqual(Object.keys(tree).map((name) => `./tree/${name}`));
  expect(lists.map((names) => names.at(-1))).toEqual(['./complete', './complete-1', './complete-2']);
});
