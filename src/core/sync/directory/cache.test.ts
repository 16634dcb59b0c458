import type * as FileSystem from 'node:fs';
import { readdirSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { observe } from '../testing/observe.ts';
import { type Disk, realDisk } from './disk.ts';
import { awaitTick, inPlace, LATER_MS, later, manifestOf, write } from './testing/cachePlace.ts';

const opened = vi.hoisted((): string[] => []);

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof FileSystem>();
  const openSync: typeof fs.openSync = (path, ...rest) => {
    opened.push(String(path));
    return fs.openSync(path, ...rest);
  };
  return { ...fs, openSync };
});

beforeEach(() => {
  opened.length = 0;
});

describe('of a directory that was read before', () => {
  const fill = (root: string) => {
    for (let index = 0; index < 200; index += 1)
      write(join(root, `d${index % 7}/f${index}`), `content ${index}`);
    write(join(root, 'large'), 'x'.repeat(100_000));
    symlinkSync('large', join(root, 'link'));
  };

  test('nothing is read when nothing has changed', () =>
    inPlace(async ({ root, cacheDirectory }) => {
      fill(root);
      const first = await manifestOf(root, cacheDirectory, later);
      expect(opened).toHaveLength(201);
      expect(first).toEqual(await observe(root));
      opened.length = 0;
      expect(await manifestOf(root, cacheDirectory, later)).toEqual(first);
      expect(opened).toEqual([]);
    }));

  test('only what is new or has changed is read', () =>
    inPlace(async ({ root, cacheDirectory }) => {
      fill(root);
      await manifestOf(root, cacheDirectory, later);
      awaitTick(root);
      write(join(root, 'd1/f1'), 'CONTENT 1');
      write(join(root, 'd1/new'), 'x');
      rmSync(join(root, 'd1/f8'));
      opened.length = 0;
      const second = await manifestOf(root, cacheDirectory, later);
      expect(opened).toEqual([join(root, 'd1/f1'), join(root, 'd1/new')]);
      expect(second).toEqual(await observe(root));
    }));

  test('what is too young is read again', () =>
    inPlace(async ({ root, cacheDirectory }) => {
      fill(root);
      await manifestOf(root, cacheDirectory, realDisk);
      await manifestOf(root, cacheDirectory, realDisk);
      expect(opened).toHaveLength(402);
    }));

  test('all is read again when the clock shows an earlier time than then', () =>
    inPlace(async ({ root, cacheDirectory }) => {
      fill(root);
      await manifestOf(root, cacheDirectory, later);
      const earlier: Disk = { ...realDisk, nowMs: () => Date.now() + LATER_MS / 2 };
      await manifestOf(root, cacheDirectory, earlier);
      expect(opened).toHaveLength(402);
    }));

  test('what somebody touched while it was read is read again', () =>
    inPlace(async ({ root, cacheDirectory }) => {
      fill(root);
      let reads = 0;
      const busy: Disk = {
        ...later,
        fstat: (descriptor) => {
          const stat = later.fstat(descriptor);
          return { ...stat, ctimeNs: stat.ctimeNs + (reads++ % 2 === 0 ? 0n : 1n) };
        },
      };
      await manifestOf(root, cacheDirectory, busy);
      await manifestOf(root, cacheDirectory, later);
      expect(opened).toHaveLength(402);
    }));

  test('nothing is read when it is deployed with other exclusions in between', () =>
    inPlace(async ({ root, cacheDirectory }) => {
      fill(root);
      await manifestOf(root, cacheDirectory, later);
      await manifestOf(root, cacheDirectory, later, ['d*']);
      opened.length = 0;
      await manifestOf(root, cacheDirectory, later);
      await manifestOf(root, cacheDirectory, later, ['d*']);
      expect(opened).toEqual([]);
    }));

  test('a few changes leave the cache as it is, and many do not', () =>
    inPlace(async ({ root, cacheDirectory }) => {
      fill(root);
      await manifestOf(root, cacheDirectory, later);
      const file = join(cacheDirectory, readdirSync(cacheDirectory)[0] ?? '');
      const { ino } = statSync(file);
      utimesSync(file, 1, 1);
      awaitTick(root);
      write(join(root, 'd1/f1'), 'CONTENT 1');
      await manifestOf(root, cacheDirectory, later);
      expect(statSync(file).ino).toBe(ino);
      expect(statSync(file).mtimeMs).toBeGreaterThan(1000);
      for (const path of ['a', 'd1/f8', 'd1/f15', 'z']) write(join(root, path), 'CONTENT');
      await manifestOf(root, cacheDirectory, later);
      opened.length = 0;
      await manifestOf(root, cacheDirectory, later);
      expect(opened).toEqual([]);
    }));
});
