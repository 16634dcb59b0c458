import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type KnownBlob, type KnownBlobs, NOTHING_KNOWN } from './blobReading.ts';

export interface BlobCacheLimits {
  /** For fewer blobs the file is neither read nor written: reading them is as quick. */
  readonly fewestBlobs: number;
  readonly largestBytes: number;
}

/**
 * What the contents of blobs hash to, in a file of this directory for all repositories; null: nothing is kept. A run
 * appends one block, by one write: MAGIC, the sha256 of what follows, the length of the names and the number of
 * records, and the records: name, sha256, size. A block that was torn, or that two runs wrote into each other, fails
 * its sha256 and is skipped. A file that grows too large is replaced by what this run knows. All of it only spares
 * work: where nothing can be read or written, nothing is known.
 */
export function knownBlobs(directory: string | null, limits: BlobCacheLimits = LIMITS): KnownBlobs {
  if (directory === null) return NOTHING_KNOWN;
  const file = join(directory, FILE);
  let records: Map<string, Record> | null = null;
  const used = new Map<string, KnownBlob>();
  return {
    find: async (objects) => {
      if (objects.length < limits.fewestBlobs) return new Map();
      records ??= blocksIn(await readFile(file).catch(() => Buffer.alloc(0)));
      for (const object of objects) {
        const record = records.get(keyOf(object));
        if (record !== undefined) used.set(object, blobOf(record));
      }
      return new Map(objects.flatMap((object) => (used.has(object) ? [[object, used.get(object)!]] : [])));
    },
    add: async (found) => {
      if (found.size < limits.fewestBlobs) return;
      for (const [object, blob] of found) used.set(object, blob);
      await write(directory, file, found, used, limits.largestBytes).catch(() => undefined);
    },
  };
}

/** Half a million blobs of a sha1 repository. */
const LIMITS: BlobCacheLimits = { fewestBlobs: 256, largestBytes: 2 ** 25 };

const FILE = 'git-blobs-1';
const MAGIC = Buffer.from('\n\0cutover blobs\n\0', 'latin1');
const HASH_BYTES = 32;
const SIZE_BYTES = 6;
const NAME_LENGTHS = [20, 32] as const;
/** The magic, the hash, one byte for the length of names, four for the number. */
const HEADER_BYTES = MAGIC.length + HASH_BYTES + 5;

/** Where in the file a record is. */
interface Record {
  readonly content: Buffer;
  readonly at: number;
}

function blocksIn(content: Buffer): Map<string, Record> {
  const found = new Map<string, Record>();
  for (let at = content.indexOf(MAGIC); at >= 0; at = content.indexOf(MAGIC, at)) {
    const end = readBlock(content, at, found);
    at = end ?? at + MAGIC.length;
  }
  return found;
}

/** Where it ends; null when it is damaged. */
function readBlock(content: Buffer, at: number, found: Map<string, Record>): number | null {
  const start = at + HEADER_BYTES;
  if (start > content.length) return null;
  const nameBytes = content.readUInt8(start - 5);
  const count = content.readUInt32BE(start - 4);
  const recordBytes = nameBytes + HASH_BYTES + SIZE_BYTES;
  const end = start + count * recordBytes;
  if (!NAME_LENGTHS.some((length) => length === nameBytes) || end > content.length) return null;
  const hashed = content.subarray(at + MAGIC.length + HASH_BYTES, end);
  const hash = content.subarray(at + MAGIC.length, at + MAGIC.length + HASH_BYTES);
  if (!createHash('sha256').update(hashed).digest().equals(hash)) return null;
  for (let record = start; record < end; record += recordBytes) {
    found.set(content.toString('latin1', record, record + nameBytes), { content, at: record + nameBytes });
  }
  return end;
}

function blobOf({ content, at }: Record): KnownBlob {
  return {
    hash: content.toString('hex', at, at + HASH_BYTES),
    sizeBytes: content.readUIntBE(at + HASH_BYTES, SIZE_BYTES),
  };
}

function keyOf(object: string): string {
  return Buffer.from(object, 'hex').toString('latin1');
}

async function write(
  directory: string,
  file: string,
  found: ReadonlyMap<string, KnownBlob>,
  used: ReadonlyMap<string, KnownBlob>,
  largestBytes: number,
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const block = blockOf(found);
  const sizeBytes = (await stat(file).catch(() => null))?.size ?? 0;
  if (sizeBytes + block.length <= largestBytes) {
    await append(file, block);
    return;
  }
  const all = blockOf(used);
  const next = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(next, all.length <= largestBytes ? all : block.subarray(0, 0), { mode: 0o600 });
    await rename(next, file);
  } finally {
    await rm(next, { force: true });
  }
}

/** By one write, which the system does not mix with those of others. */
async function append(file: string, block: Buffer): Promise<void> {
  const handle = await open(file, 'a', 0o600);
  try {
    await handle.write(block);
  } finally {
    await handle.close();
  }
}

/** All names of a run are of one length: they come from one repository and its submodules. */
function blockOf(blobs: ReadonlyMap<string, KnownBlob>): Buffer {
  return Buffer.concat(
    NAME_LENGTHS.flatMap((nameBytes) => {
      const some = [...blobs].filter(([object]) => object.length === nameBytes * 2);
      return some.length === 0 ? [] : [blockOfLength(nameBytes, some)];
    }),
  );
}

function blockOfLength(nameBytes: number, blobs: readonly (readonly [string, KnownBlob])[]): Buffer {
  const recordBytes = nameBytes + HASH_BYTES + SIZE_BYTES;
  const block = Buffer.alloc(HEADER_BYTES + blobs.length * recordBytes);
  MAGIC.copy(block);
  block.writeUInt8(nameBytes, HEADER_BYTES - 5);
  block.writeUInt32BE(blobs.length, HEADER_BYTES - 4);
  let at = HEADER_BYTES;
  for (const [object, { hash, sizeBytes }] of blobs) {
    at += block.write(object, at, 'hex');
    at += block.write(hash, at, 'hex');
    at = block.writeUIntBE(sizeBytes, at, SIZE_BYTES);
  }
  const hashedAt = MAGIC.length + HASH_BYTES;
  createHash('sha256').update(block.subarray(hashedAt)).digest().copy(block, MAGIC.length);
  return block;
}
