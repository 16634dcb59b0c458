import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSource } from '../source.ts';
import { drain, inScratch, joined, never } from '../testing/observe.ts';
import { type Disk, realDisk } from './disk.ts';
import { openFile } from './openFile.ts';
import { snapshot, write } from './testing/snapshot.ts';

describe('a file that is not the same any more', () => {
  const replaced = (replace: (path: string) => unknown) => (path: string) => {
    renameSync(path, `${path}.old`);
    replace(path);
  };
  const MEGABYTE = Buffer.alloc(1_000_000, 'x');
  test.each<[string, (path: string) => void]>([
    ['was rewritten', (path) => writeFileSync(path, Buffer.alloc(1_000_000, 'y'))],
    [
      'has another last byte',
      (path) => writeFileSync(path, Buffer.concat([MEGABYTE.subarray(1), Buffer.from('y')])),
    ],
    ['shrank', (path) => truncateSync(path, 500_000)],
    ['grew', (path) => appendFileSync(path, 'y')],
    ['became empty', (path) => truncateSync(path, 0)],
    ['vanished', (path) => rmSync(path)],
    ['became a FIFO', replaced((path) => execFileSync('mkfifo', [path]))],
    ['became a directory', replaced((path) => mkdirSync(path))],
    ['became a link to the same content', replaced((path) => symlinkSync('large.old', path))],
  ])('because it %s: nobody gets a whole file', async (_, change) => {
    await inScratch(async (root) => {
      write(root, { large: MEGABYTE });
      const taken = await snapshot(root);
      change(join(root, 'large'));
      let gotBytes = 0;
      const reading = (async () => {
        for await (const { chunks } of taken.read(taken.manifest, never)) {
          for await (const chunk of chunks) gotBytes += chunk.length;
        }
      })();
      await expect(reading).rejects.toMatchObject({
        code: 'E_SOURCE',
        message: 'large changed while it was being read.',
        hint: expect.stringContaining('Deploy again'),
      });
      expect(gotBytes).toBeLessThan(1_000_000);
    });
  });

  test('because it shrinks or grows while it is read', () =>
    inScratch(async (root) => {
      for (const change of [
        () => truncateSync(join(root, 'large'), 900_000),
        () => appendFileSync(join(root, 'large'), 'y'),
      ]) {
        write(root, { large: MEGABYTE });
        const { chunks } = openFile(Buffer.from(join(root, 'large')), Buffer.from('large'));
        const reading = (async () => {
          let first = true;
          for await (const _ of chunks()) {
            if (first) change();
            first = false;
          }
        })();
        await expect(reading).rejects.toMatchObject({
          code: 'E_SOURCE',
          message: expect.stringContaining('large changed'),
        });
      }
    }));

  test.each([
    ['small', 10, 1n],
    ['small', 10, -1n],
    ['large', 700_000, 1n],
    ['large', 700_000, -1n],
  ])('because it is %s and got another size before it is hashed', (_, sizeBytes, difference) =>
    inScratch(async (root) => {
      write(root, { f: Buffer.alloc(sizeBytes) });
      const moving: Disk = {
        ...realDisk,
        fstat: (descriptor) => {
          const found = realDisk.fstat(descriptor);
          return { ...found, size: found.size + difference };
        },
      };
      const file = openFile(Buffer.from(join(root, 'f')), Buffer.from('f'), moving);
      const before = readdirSync('/dev/fd').length;
      await expect(file.hash(never)).rejects.toMatchObject({
        code: 'E_SOURCE',
        message: expect.stringContaining('f changed'),
      });
      expect(readdirSync('/dev/fd').length).toBe(before - 1);
    }),
  );

  test('is read again when it is touched only', () =>
    inScratch(async (root) => {
      write(root, { f: 'same' });
      const taken = await snapshot(root);
      rmSync(join(root, 'f'));
      write(root, { f: 'same' });
      expect(await drain(taken.read(taken.manifest, never))).toEqual([['f', Buffer.from('same')]]);
    }));
});

describe('what cannot be read', () => {
  test('is named', async () => {
    const memory = openFile(Buffer.from('/proc/self/mem'), Buffer.from('the/file'));
    expect(memory.sizeBytes).toBe(0);
    await expect(joined(memory.chunks())).rejects.toMatchObject({
      code: 'E_SOURCE',
      message: expect.stringMatching(/^the\/file cannot be read: EIO/),
    });
  });
});

test('reading ends with the reason of the signal', () =>
  inScratch(async (root) => {
    write(root, { large: Buffer.alloc(2_000_000), f: 'x' });
    const reason = new Error('enough');
    const abort = new AbortController();
    const taken = await snapshot(root);
    const reading = (async () => {
      for await (const { chunks } of taken.read(taken.manifest.slice(1), abort.signal)) {
        for await (const _ of chunks) abort.abort(reason);
      }
    })();
    await expect(reading).rejects.toBe(reason);
    const source = openSource({ type: 'directory', directory: root, exclude: [] });
    await expect(source.snapshot({ ref: null, signal: abort.signal })).rejects.toBe(reason);
  }));

test('a file that nobody reads to its end is closed', () =>
  inScratch(async (root) => {
    write(root, { large: Buffer.alloc(2_000_000) });
    const taken = await snapshot(root);
    const before = readdirSync('/dev/fd').length;
    for await (const { chunks } of taken.read(taken.manifest, never)) {
      for await (const _ of chunks) break;
    }
    expect(readdirSync('/dev/fd').length).toBe(before);
  }));
