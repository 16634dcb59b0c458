import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sha256 } from '../testing/entries.ts';
import { withRepository } from '../testing/gitRepository.ts';
import { inScratch, never } from '../testing/observe.ts';
import { knownBlobs } from './blobCache.ts';
import type { KnownBlob } from './blobReading.ts';
import { gitSnapshot } from './snapshot.ts';

const LIMITS = { fewestBlobs: 1, largestBytes: 100_000 };

/** So many blobs whose names begin with `letter`, of 40 or 64 digits. */
function blobs(letter: string, count: number, digits = 40): Map<string, KnownBlob> {
  return new Map(
    Array.from({ length: count }, (_, index) => [
      letter.repeat(digits - 4) + index.toString(16).padStart(4, '0'),
      { sizeBytes: index * 2 ** 32, hash: sha256(letter + index) },
    ]),
  );
}

const fileIn = (directory: string) => join(directory, 'git-blobs-1');
const found = (directory: string, wanted: ReadonlyMap<string, KnownBlob>) =>
  knownBlobs(directory, LIMITS).find([...wanted.keys()]);

test('what one run has learned the next one knows, of any repository', () =>
  inScratch(async (directory) => {
    const [some, others] = [blobs('a', 10), blobs('b', 3, 64)];
    await knownBlobs(directory, LIMITS).add(some);
    await knownBlobs(directory, LIMITS).add(others);
    expect(await found(directory, some)).toEqual(some);
    expect(await found(directory, new Map([...others, ...blobs('c', 2)]))).toEqual(others);
    expect((await found(join(directory, 'elsewhere'), some)).size).toBe(0);
    expect(statSync(fileIn(directory)).mode & 0o777).toBe(0o600);
  }));

test('a block that was torn or written into is nothing, those around it are', () =>
  inScratch(async (directory) => {
    const [one, torn, three, spoilt] = [blobs('a', 9), blobs('b', 9), blobs('c', 9), blobs('d', 9)];
    await knownBlobs(directory, LIMITS).add(one);
    await knownBlobs(directory, LIMITS).add(torn);
    truncateSync(fileIn(directory), statSync(fileIn(directory)).size - 7);
    await knownBlobs(directory, LIMITS).add(three);
    const start = statSync(fileIn(directory)).size;
    await knownBlobs(directory, LIMITS).add(spoilt);
    const content = readFileSync(fileIn(directory));
    content.writeUInt8(content.readUInt8(start + 100) ^ 1, start + 100);
    writeFileSync(fileIn(directory), content);
    appendFileSync(fileIn(directory), 'rubbish');
    const all = new Map([...one, ...torn, ...three, ...spoilt]);
    expect(await found(directory, all)).toEqual(new Map([...one, ...three]));
  }));

test('runs that write at the same time lose nothing', () =>
  inScratch(async (directory) => {
    const parts = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => blobs(letter, 50));
    await Promise.all(parts.map((part) => knownBlobs(directory, LIMITS).add(part)));
    const all = new Map(parts.flatMap((part) => [...part]));
    expect(await found(directory, all)).toEqual(all);
  }));

test('a file that grows too large is replaced by what the run has used', () =>
  inScratch(async (directory) => {
    const [old, used, added] = [blobs('a', 900), blobs('b', 400), blobs('c', 900)];
    await knownBlobs(directory, LIMITS).add(used);
    await knownBlobs(directory, LIMITS).add(old);
    const cache = knownBlobs(directory, LIMITS);
    await cache.find([...used.keys()]);
    await cache.add(added);
    expect(statSync(fileIn(directory)).size).toBeLessThanOrEqual(LIMITS.largestBytes);
    expect(await found(directory, new Map([...used, ...added]))).toEqual(new Map([...used, ...added]));
    expect((await found(directory, old)).size).toBe(0);
    await knownBlobs(directory, LIMITS).add(blobs('d', 3000));
    expect(statSync(fileIn(directory)).size).toBeLessThanOrEqual(LIMITS.largestBytes);
  }));

test('nothing fails where nothing can be written', () =>
  inScratch(async (directory) => {
    writeFileSync(join(directory, 'file'), '');
    await knownBlobs(join(directory, 'file', 'below'), LIMITS).add(blobs('a', 5));
    expect((await found(join(directory, 'file'), blobs('a', 5))).size).toBe(0);
  }));

test('a commit is described from it, but for links and pointers', () =>
  withRepository((repository) =>
    inScratch(async (cacheDirectory) => {
      const files = Array.from({ length: 300 }, (_, index) => [`f${index}`, `content ${index}`]);
      repository.write({ ...Object.fromEntries(files), link: { to: 'f0' } });
      repository.commit();
      const config = { type: 'git', repository: repository.path, subdirectory: null, exclude: [] } as const;
      const manifest = async (directory: string | null) =>
        (await gitSnapshot(config, { ref: null, signal: never, cacheDirectory: directory })).manifest(never);
      const real = await manifest(null);
      expect(await manifest(cacheDirectory)).toEqual(real);
      expect(await manifest(cacheDirectory)).toEqual(real);
      const names = repository.git('ls-tree', '--format=%(objectname)', 'HEAD').split('\n');
      const lies = new Map(names.map((name) => [name, { sizeBytes: 1, hash: sha256('a lie') }]));
      await knownBlobs(cacheDirectory).add(lies);
      const believed = await manifest(cacheDirectory);
      expect(believed.filter(({ hash }) => hash !== sha256('a lie'))).toEqual([
        expect.objectContaining({ path: 'link', target: 'f0' }),
      ]);
    }),
  ));
