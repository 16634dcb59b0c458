import { mkdir, readdir, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from '../testing/scratch.ts';
import { type FetchPlace, takeFetchDirectory } from './fetchDirectory.ts';

const NOW = new Date('2026-05-01T12:00:00Z');
const DAY_MS = 86_400_000;

async function place(changes: Partial<FetchPlace> = {}): Promise<FetchPlace> {
  const parent = join(await scratch(), 'fetched');
  return { parent, key: 'key', pid: process.pid, host: 'here', now: NOW, isFresh: false, ...changes };
}

test('what was kept is what the next one begins with; what was dropped is gone', async () => {
  const at = await place();
  const first = await takeFetchDirectory(at);
  await writeFile(join(first.path, 'file'), 'x');
  await first.keep();
  const second = await takeFetchDirectory(at);
  expect(await readdir(second.path)).toEqual(['file']);
  await second.drop();
  const third = await takeFetchDirectory(at);
  expect(await readdir(third.path)).toEqual([]);
  expect(await readdir(join(at.parent, 'key'))).toHaveLength(1);
});

test('of several that are kept at once one stays', async () => {
  const at = await place();
  const all = await Promise.all([1, 2, 3].map(() => takeFetchDirectory(at)));
  await Promise.all(all.map(({ path }, index) => writeFile(join(path, String(index)), 'x')));
  await Promise.all(all.map((each) => each.keep()));
  expect(await readdir(join(at.parent, 'key'))).toEqual(['free']);
  expect(await readdir(join(at.parent, 'key', 'free'))).toHaveLength(1);
});

test('what dead runs left goes after a day, and what lives stays', async () => {
  const at = await place();
  const old = NOW.getTime() - DAY_MS - 1;
  const dead = 2 ** 22 + 1;
  const taken = [
    `taken-${old}-here-${dead}-a`,
    `taken-${old}-there-${process.pid}-b`,
    `taken-${old}-here-${process.ppid}-c`,
    `taken-${NOW.getTime()}-here-${dead}-d`,
  ];
  for (const name of taken) await mkdir(join(at.parent, 'other', name), { recursive: true });
  await takeFetchDirectory(at);
  expect((await readdir(join(at.parent, 'other'))).sort()).toEqual(taken.slice(2).sort());
});

test('what nobody asked for in a month goes', async () => {
  const at = await place();
  const long = new Date(NOW.getTime() - 31 * DAY_MS);
  for (const name of ['key', 'other', 'used', 'recent'])
    await mkdir(join(at.parent, name, 'free'), { recursive: true });
  await mkdir(join(at.parent, 'used', `taken-${NOW.getTime()}-there-1-a`));
  for (const name of ['key', 'other', 'used']) await utimes(join(at.parent, name), long, long);
  await utimes(join(at.parent, 'recent'), NOW, NOW);
  await takeFetchDirectory(at);
  expect((await readdir(at.parent)).sort()).toEqual(['key', 'recent', 'used']);
});

test('what cannot be removed keeps nobody from beginning', async () => {
  const at = await place();
  const old = NOW.getTime() - DAY_MS - 1;
  const stuck = join(at.parent, 'key', `taken-${old}-there-1-a`);
  const gone = join(at.parent, 'other', `taken-${old}-there-1-b`);
  const deep = Array.from({ length: 12 }, () => 'd'.repeat(200));
  const [above, below] = [join(stuck, ...deep), join(at.parent, '..', 'below')];
  for (const directory of [above, join(below, ...deep), gone]) await mkdir(directory, { recursive: true });
  // Each half has a path that the system takes; both together have none.
  await rename(below, join(above, 'below'));
  try {
    const taken = await takeFetchDirectory(at);
    expect(await readdir(taken.path)).toEqual([]);
    expect(await readdir(join(at.parent, 'other'))).toEqual([]);
  } finally {
    await rename(join(above, 'below'), below);
  }
});
