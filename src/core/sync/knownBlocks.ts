import { createHash, hash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blockBytesOf, LARGE_BYTES } from './blocks.ts';

/** What is known of a large content that was read once. */
export interface BlockList {
  readonly sizeBytes: number;
  /** sha256, hex, of all of it. */
  readonly hash: string;
  /** sha256, hex, of each block of `blockBytesOf(sizeBytes)` bytes. */
  readonly blocks: readonly string[];
}

/** By the sha256 of a content, or by another name that never has another content. */
export interface KnownBlocks {
  find(content: string): Promise<BlockList | null>;
  /** Under the hash of the content, and under these names. */
  keep(list: BlockList, ...names: readonly string[]): Promise<void>;
}

/**
 * In memory, and in a directory `blocks-1` of this one; null: in memory only. A file for each name, which begins with
 * the sha256 of what follows: what was torn or written into is nothing. All of it only spares work: where nothing can
 * be read or written, nothing is known.
 */
export function knownBlocks(cacheDirectory: string | null): KnownBlocks {
  const inMemory = new Map<string, BlockList>();
  const directory = cacheDirectory === null ? null : join(cacheDirectory, 'blocks-1');
  return {
    async find(content) {
      const known = inMemory.get(content);
      if (known !== undefined || directory === null) return known ?? null;
      const bytes = await readFile(join(directory, content)).catch(() => null);
      return bytes === null ? null : parse(bytes);
    },
    async keep({ sizeBytes, hash: whole, blocks }, ...names) {
      const list = { sizeBytes, hash: whole, blocks };
      const all = [list.hash, ...names];
      for (const name of all) inMemory.set(name, list);
      if (directory === null) return;
      for (const name of all) await write(directory, name, format(list)).catch(() => {});
      await removeOldest(directory).catch(() => {});
    },
  };
}

export interface BlockHasher {
  /** The memory may be used again when it resolves. */
  add(chunk: Uint8Array): Promise<void>;
  end(): Promise<readonly string[]>;
}

/** Hashes blocks in other threads, beside what is done here; null for a content that is not large. */
export function blockHasher(sizeBytes: number): BlockHasher | null {
  if (sizeBytes < LARGE_BYTES) return null;
  const blockBytes = blockBytesOf(sizeBytes);
  const hashes: Promise<string>[] = [];
  let block = Buffer.allocUnsafeSlow(blockBytes);
  let filled = 0;
  const finish = () => {
    // The block is copied before this returns, so that its memory can be used again.
    const hashing = crypto.subtle.digest('SHA-256', block.subarray(0, filled));
    hashes.push(hashing.then((found) => Buffer.from(found).toString('hex')));
    filled = 0;
  };
  return {
    async add(chunk) {
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + blockBytes - filled);
        block.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < blockBytes) continue;
        finish();
        await hashes.at(-MOST_AT_A_TIME);
      }
    },
    async end() {
      if (filled > 0) finish();
      block = Buffer.alloc(0);
      return Promise.all(hashes);
    },
  };
}

const MOST_AT_A_TIME = 2;

/** Of a content that nobody has read yet. */
export async function listBlocks(sizeBytes: number, chunks: AsyncIterable<Uint8Array>): Promise<BlockList> {
  const whole = createHash('sha256');
  const hasher = blockHasher(sizeBytes);
  for await (const chunk of chunks) {
    whole.update(chunk);
    await hasher?.add(chunk);
  }
  return { sizeBytes, hash: whole.digest('hex'), blocks: (await hasher?.end()) ?? [] };
}

const HASH_BYTES = 32;
const SIZE_BYTES = 6;
const HEADER_BYTES = 2 * HASH_BYTES + SIZE_BYTES;

/** The hash of the rest, the size, the hash of the content, and those of its blocks. */
function format({ sizeBytes, hash: whole, blocks }: BlockList): Uint8Array {
  const size = Buffer.alloc(SIZE_BYTES);
  size.writeUIntBE(sizeBytes, 0, SIZE_BYTES);
  const rest = Buffer.concat([size, ...[whole, ...blocks].map((each) => Buffer.from(each, 'hex'))]);
  return Buffer.concat([hash('sha256', rest, 'buffer'), rest]);
}

function parse(bytes: Buffer): BlockList | null {
  if (bytes.length < HEADER_BYTES) return null;
  const rest = bytes.subarray(HASH_BYTES);
  if (!hash('sha256', rest, 'buffer').equals(bytes.subarray(0, HASH_BYTES))) return null;
  const sizeBytes = rest.readUIntBE(0, SIZE_BYTES);
  const hashes: string[] = [];
  for (let at = SIZE_BYTES; at < rest.length; at += HASH_BYTES) {
    hashes.push(rest.toString('hex', at, at + HASH_BYTES));
  }
  const [whole = '', ...blocks] = hashes;
  return { sizeBytes, hash: whole, blocks };
}

async function write(directory: string, name: string, bytes: Uint8Array): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const next = join(directory, `.${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(next, bytes, { mode: 0o600 });
    await rename(next, join(directory, name));
  } finally {
    await rm(next, { force: true });
  }
}

/** So many are kept: at most some 16 kB each. */
const MOST_FILES = 512;

async function removeOldest(directory: string): Promise<void> {
  const names = await readdir(directory);
  if (names.length <= MOST_FILES) return;
  const dated = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(directory, name))).mtimeMs })),
  );
  dated.sort((one, other) => one.at - other.at);
  for (const { name } of dated.slice(0, names.length - MOST_FILES / 2)) {
    await rm(join(directory, name), { force: true });
  }
}
