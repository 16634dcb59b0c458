import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packTar, type TarContents } from './packTar.ts';
import { paddingBytes, tarHeader } from './tarHeader.ts';
import { contents, directory, file, link, manifest, TORTURE } from './testing/entries.ts';
import { observe } from './testing/observe.ts';
import type { Manifest, ManifestEntry } from './types.ts';

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cutover-tar-'));
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

describe('what tar extracts is exactly the tree', () => {
  test('with names that break shells and tools', async () => {
    const entries = TORTURE.flatMap((name) => [
      directory(`d ${name}`.slice(0, 120)),
      file(name, `content of ${name}`),
    ]);
    await expectExtracted(manifest(...entries), (entry) => `content of ${entry.path}`);
  });

  test('with empty files, executable files, links and empty directories', async () => {
    const tree = manifest(
      directory('empty'),
      directory('d'),
      file('d/run', '#!/bin/sh\n', 0o755),
      file('zero', ''),
      link('d/up', '../zero'),
      link('dangling', 'no where'),
      link('long', `${'t'.repeat(99)}/${'u'.repeat(300)}`),
    );
    await expectExtracted(tree, (entry) => (entry.path === 'd/run' ? '#!/bin/sh\n' : ''));
  });

  test('with paths of every length around the limits of the format', async () => {
    const lengths = [95, 96, 97, 98, 99, 100, 101, 152, 153, 154, 155, 156, 157, 200, 250, 255];
    const deep = lengths.slice(0, 12).map((length) => `${'p'.repeat(length)}`);
    const entries = [
      ...lengths.map((length) => file('n'.repeat(length), 'flat')),
      ...deep.flatMap((path) => [
        directory(path),
        directory(`${path}/${'q'.repeat(98)}`),
        ...[1, 96, 97, 98, 99, 100, 101, 255].map((length) =>
          file(`${path}/${'é'.repeat(length >> 1)}${'r'.repeat(length & 1)}`, 'flat'),
        ),
      ]),
    ];
    await expectExtracted(manifest(...entries), () => 'flat');
  });

  test('with any sizes', async () => {
    const sizes = fc.uniqueArray(fc.integer({ min: 0, max: 70_000 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(sizes, async (list) => {
        await rm(scratch, { recursive: true, force: true });
        scratch = await mkdtemp(join(tmpdir(), 'cutover-tar-'));
        const entries = list.map((size) => file(`f${size}`, 'x'.repeat(size)));
        await expectExtracted(manifest(...entries), (entry) => 'x'.repeat(entry.sizeBytes));
      }),
      { numRuns: 20 },
    );
  });
});

test('files get the time that was asked for, and nothing of ours', async () => {
  await extract({ directories: [], links: [], files: contents([file('x', 'y'), 'y']) }, 1_700_000_001);
  expect(await lstat(join(scratch, 'x'))).toMatchObject({
    mtimeMs: 1_700_000_001_000,
    uid: process.getuid?.(),
  });
});

test('no path begins with a dash, and content fills whole blocks', async () => {
  const packed = packTar(
    { directories: ['-d'], links: [link('-l', 'x')], files: contents([file('-f', 'y'), 'y']) },
    0,
  );
  const bytes: Uint8Array[] = [];
  for await (const piece of copied(packed)) bytes.push(piece);
  const nameAt = (at: number) => Buffer.concat(bytes).toString('latin1', at, at + 6);
  expect([0, 512, 1024].map(nameAt)).toEqual(['./-d/\0', './-l\0\0', './-f\0\0']);
  expect([0, 1, 511, 512, 513, 1024].map(paddingBytes)).toEqual([0, 511, 1, 0, 511, 0]);
});

test('a size beyond octal is in base-256', () => {
  const sizeBytes = 8 * 2 ** 30 + 5;
  const block = tarHeader({
    type: 'file',
    name: './big',
    mode: 0o644,
    sizeBytes,
    modifiedAtSec: 0,
    target: '',
  });
  expect(Buffer.from(block.subarray(124, 136)).toString('hex')).toBe('800000000000000200000005');
  const largest = tarHeader({
    type: 'file',
    name: './big',
    mode: 0o644,
    sizeBytes: 2 ** 33 - 1,
    modifiedAtSec: 0,
    target: '',
  });
  expect(Buffer.from(largest.subarray(124, 136)).toString('latin1')).toBe('77777777777\0');
});

test('many small files travel in large pieces, which are left alone while the next one is made', async () => {
  const files = Array.from({ length: 3000 }, (_, index) => file(`f${index}`, 'small'));
  const whole: Uint8Array[] = [];
  let before: { readonly piece: Uint8Array; readonly copy: Uint8Array } | null = null;
  const sizes: number[] = [];
  const packed = packTar(
    { directories: [], links: [], files: contents(...files.map((entry) => [entry, 'small'] as const)) },
    0,
  );
  for await (const piece of packed) {
    if (before !== null) expect(Buffer.compare(before.piece, before.copy)).toBe(0);
    before = { piece, copy: Uint8Array.from(piece) };
    sizes.push(piece.length);
    whole.push(before.copy);
  }
  expect(sizes).toEqual([1024 ** 2, 1024 ** 2, (3000 + 1) * 1024 - 2 * 1024 ** 2]);
  expect(Buffer.concat(whole).toString('latin1').match(/small/g)).toHaveLength(3000);
});

test.each([
  ['shorter', 'abc', 'ab'],
  ['longer', 'abc', 'ab', 'cd'],
])('content that is %s than its entry says is no archive', async (_, promised, ...chunks) => {
  const packed = packTar(
    { directories: [], links: [], files: contents([file('x', promised), ...chunks]) },
    0,
  );
  await expect(drained(packed)).rejects.toMatchObject({
    code: 'E_SOURCE',
    message: expect.stringContaining('x changed'),
  });
});

async function drained(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) expect(chunk.length).toBeGreaterThan(0);
}

async function expectExtracted(tree: Manifest, contentOf: (entry: ManifestEntry) => string): Promise<void> {
  const files = tree.filter((entry) => entry.kind === 'file');
  await extract(
    {
      directories: tree.filter((entry) => entry.kind === 'directory').map((entry) => entry.path),
      links: tree.filter((entry) => entry.kind === 'link'),
      files: contents(...files.map((entry) => [entry, contentOf(entry)] as const)),
    },
    1000,
  );
  expect(await observe(scratch)).toEqual(tree);
}

async function extract(archive: TarContents, modifiedAtSec: number): Promise<void> {
  const tar = spawn('tar', ['-xp', '-C', scratch], { stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = once(tar, 'close');
  await pipeline(Readable.from(copied(packTar(archive, modifiedAtSec))), tar.stdin);
  expect(await ended).toEqual([0, null]);
}

/** A stream of node's reads ahead. */
async function* copied(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield Uint8Array.from(piece);
}
