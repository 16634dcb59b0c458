import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blockBytesOf } from './blocks.ts';
import { type BlockList, knownBlocks, listBlocks } from './knownBlocks.ts';
import { openSource } from './source.ts';
import { sha256 } from './testing/entries.ts';
import { withRepository } from './testing/gitRepository.ts';
import { inScratch, never } from './testing/observe.ts';

const MIB = 1024 ** 2;
const CONTENT = randomBytes(9 * MIB + 5);

/** Found the plain way. */
function listOf(content: Buffer): BlockList {
  const blockBytes = blockBytesOf(content.length);
  const blocks: string[] = [];
  for (let at = 0; at < content.length; at += blockBytes)
    blocks.push(sha256(content.subarray(at, at + blockBytes)));
  return { sizeBytes: content.length, hash: sha256(content), blocks };
}

/** In chunks that share memory, as a reader may give them. */
async function* chunked(content: Buffer): AsyncGenerator<Uint8Array> {
  const memory = Buffer.alloc(700_001);
  for (let at = 0; at < content.length; at += memory.length)
    yield memory.subarray(0, content.copy(memory, 0, at));
}

const list = (sizeBytes: number): BlockList => ({
  sizeBytes,
  hash: sha256(String(sizeBytes)),
  blocks: [sha256(`block ${sizeBytes}`)],
});
const directoryIn = (scratch: string) => join(scratch, 'blocks-1');

test('blocks are those of the content, in whatever chunks it comes', async () => {
  expect(await listBlocks(CONTENT.length, chunked(CONTENT))).toEqual(listOf(CONTENT));
  const even = CONTENT.subarray(0, 8 * MIB);
  expect(await listBlocks(even.length, chunked(even))).toEqual(listOf(even));
  const small = CONTENT.subarray(0, 8 * MIB - 1);
  expect(await listBlocks(small.length, chunked(small))).toEqual({ ...listOf(small), blocks: [] });
});

test('what one run has read the next one knows, by every name', () =>
  inScratch(async (scratch) => {
    await knownBlocks(scratch).keep(list(1), 'another');
    const next = knownBlocks(scratch);
    expect(await next.find(list(1).hash)).toEqual(list(1));
    expect(await next.find('another')).toEqual(list(1));
    expect(await next.find('nothing')).toBe(null);
  }));

test('what was written into, or torn, is nothing', () =>
  inScratch(async (scratch) => {
    await knownBlocks(scratch).keep(list(1));
    const file = join(directoryIn(scratch), list(1).hash);
    const content = readFileSync(file);
    for (const at of [0, 33, 40, content.length - 1]) {
      const spoilt = Buffer.from(content);
      spoilt[at] = spoilt[at]! ^ 1;
      writeFileSync(file, spoilt);
      expect(await knownBlocks(scratch).find(list(1).hash)).toBe(null);
    }
    writeFileSync(file, content.subarray(0, 50));
    expect(await knownBlocks(scratch).find(list(1).hash)).toBe(null);
    writeFileSync(file, content);
    expect(await knownBlocks(scratch).find(list(1).hash)).toEqual(list(1));
  }));

test('nothing fails where nothing can be written, and this run knows it', () =>
  inScratch(async (scratch) => {
    writeFileSync(join(scratch, 'file'), '');
    const known = knownBlocks(join(scratch, 'file'));
    await known.keep(list(1));
    expect(await known.find(list(1).hash)).toEqual(list(1));
  }));

test('the oldest go when there are many', () =>
  inScratch(async (scratch) => {
    const known = knownBlocks(scratch);
    await known.keep(list(0));
    utimesSync(join(directoryIn(scratch), list(0).hash), 1, 1);
    for (let index = 1; index <= 512; index += 1) await known.keep(list(index));
    expect(readdirSync(directoryIn(scratch))).toHaveLength(256);
    expect(await knownBlocks(scratch).find(list(0).hash)).toBe(null);
    expect(await knownBlocks(scratch).find(list(512).hash)).toEqual(list(512));
    expect(statSync(join(directoryIn(scratch), list(512).hash)).mode & 0o777).toBe(0o600);
  }));

test('a directory tells the blocks of what it was read with, also in a later run', () =>
  inScratch(async (scratch) => {
    const directory = join(scratch, 'site');
    const cache = join(scratch, 'cache');
    await withFile(directory, CONTENT);
    const take = () => openSource({ type: 'directory', directory, exclude: [] }, cache);
    const first = await take().snapshot({ ref: null, signal: never });
    expect(await first.blocks?.(sha256(CONTENT), never)).toEqual(listOf(CONTENT));
    const other = randomBytes(9 * MIB);
    await withFile(directory, other);
    const second = await take().snapshot({ ref: null, signal: never });
    expect(await second.blocks?.(sha256(CONTENT), never)).toEqual(listOf(CONTENT));
    expect(await second.blocks?.(sha256(other), never)).toEqual(listOf(other));
    const [large] = await second.manifest(never);
    const range = { start: 3 * MIB + 1, sizeBytes: MIB };
    expect(await second.range?.(large!, range, never)).toEqual(other.subarray(3 * MIB + 1, 4 * MIB + 1));
    await withFile(directory, other.subarray(0, 4 * MIB));
    const reading = second.range?.(large!, range, never);
    await expect(reading).rejects.toMatchObject({
      code: 'E_SOURCE',
      message: expect.stringContaining('large'),
    });
  }));

async function withFile(directory: string, content: Buffer): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'large'), content);
}

test('a commit tells the blocks of an older one, also when no run has read that', () =>
  withRepository(async (repository) => {
    const { path } = repository;
    const source = openSource({ type: 'git', repository: path, subdirectory: null, exclude: [] });
    const other = Buffer.concat([CONTENT, Buffer.from('more')]);
    const [grown, less] = [randomBytes(9 * MIB), CONTENT.subarray(0, MIB)];
    repository.write({
      large: CONTENT,
      grown: less,
      converted: CONTENT,
      '.gitattributes': 'converted text eol=crlf\n',
    });
    repository.commit();
    const before = await source.snapshot({ ref: null, signal: never });
    repository.write({ large: other, grown, converted: other });
    repository.commit();
    const after = await source.snapshot({ ref: null, signal: never });
    const changes = await after.changesSince(before.state, never);
    expect([...changes!.older!.keys()]).toEqual(['large']);
    const name = changes!.older!.get('large')!;
    expect(await after.blocks?.(name, never)).toEqual(listOf(CONTENT));
    expect(await after.blocks?.(sha256(CONTENT), never)).toEqual(listOf(CONTENT));
    expect(await after.blocks?.(sha256(other), never)).toEqual(listOf(other));
    expect(await after.blocks?.(sha256('unknown'), never)).toBe(null);
  }));
