import { hash } from 'node:crypto';
import type { ByteRange, ManifestEntry, Snapshot } from './types.ts';

/** From this size on a file is sent as what differs from what the server has of it. */
export const LARGE_BYTES = 8 * 1024 ** 2;

export function isLarge({ kind, sizeBytes }: Pick<ManifestEntry, 'kind' | 'sizeBytes'>): boolean {
  return kind === 'file' && sizeBytes >= LARGE_BYTES;
}

export type BlockHash = 'sha256' | 'blake2b512';

/** What the server has of a large file. */
export interface Basis {
  readonly path: string;
  /**
   * `upload`: as far as it arrived before the upload was interrupted. `cache`: the version in the deploy-cache. `nothing`: it
   * is made of blocks alone.
   */
  readonly in: 'upload' | 'cache' | 'nothing';
  /** Hex, of each block of `blockBytesOf` bytes, the last one shorter; none behind the end of the wanted file. */
  readonly hashes: readonly string[];
}

/** A file that the server is to make of its basis and some blocks. */
export interface BlockWork {
  readonly entry: ManifestEntry;
  readonly basis: Basis;
  /** The numbers of the blocks that differ. */
  readonly different: ReadonlySet<number>;
  /** Only where nobody has asked the server. */
  readonly belief?: Belief;
}

/** What the server is taken to have, and what is to come of it. */
export interface Belief {
  /** sha256, hex, of the file that is there. */
  readonly was: string;
  /** sha256, hex, of each block of the wanted file: all of it follows from these and from `was`. */
  readonly wanted: readonly string[];
}

/** A power of two, so that no file has more than 512 blocks, and no block is smaller than 1 MiB. */
export function blockBytesOf(sizeBytes: number): number {
  let blockBytes = 1024 ** 2;
  while (sizeBytes / blockBytes > MOST_BLOCKS) blockBytes *= 2;
  return blockBytes;
}

export function blockRange({ sizeBytes }: ManifestEntry, index: number): ByteRange {
  const blockBytes = blockBytesOf(sizeBytes);
  const start = index * blockBytes;
  return { start, sizeBytes: Math.min(blockBytes, sizeBytes - start) };
}

/** Unique to a content: a block that arrived in an earlier try is the same in the next. */
export function blockName({ hash, sizeBytes }: ManifestEntry, index: number): string {
  return `${hash.slice(0, 32)}-${blockBytesOf(sizeBytes)}.${index}`;
}

/** The hashes of the blocks of each file, by its path. Reads every one whole. */
export async function hashBlocks(
  files: readonly ManifestEntry[],
  algorithm: BlockHash,
  snapshot: Pick<Snapshot, 'read'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  if (files.length === 0) return found;
  for await (const { entry, chunks } of snapshot.read(files, signal)) {
    const hashes: string[] = [];
    for await (const block of blocksOf(entry, chunks)) hashes.push(hash(algorithm, block, 'hex'));
    found.set(entry.path, hashes);
  }
  return found;
}

/**
 * Pure. Null when most of the file differs from what the server has: it is better sent whole then, unless blocks of it
 * have arrived.
 */
export function planBlocks(
  entry: ManifestEntry,
  wanted: readonly string[],
  basis: Basis,
  arrived: ReadonlySet<string>,
): BlockWork | null {
  const numbers = wanted.map((_, index) => index);
  const different = new Set(numbers.filter((index) => wanted[index] !== basis.hashes[index]));
  const isBegun = numbers.some((index) => arrived.has(blockName(entry, index)));
  return isBegun || different.size <= wanted.length / 2 ? { entry, basis, different } : null;
}

/** Pure. A file of which the server has nothing, in blocks that can travel apart from each other. */
export function inBlocks(entry: ManifestEntry): BlockWork {
  const count = Math.ceil(entry.sizeBytes / blockBytesOf(entry.sizeBytes));
  const different = new Set(Array.from({ length: count }, (_, index) => index));
  return { entry, basis: { path: entry.path, in: 'nothing', hashes: [] }, different };
}

/** Pure. Those blocks that have not arrived. */
export function missingBlocks(
  { entry, different }: BlockWork,
  arrived: ReadonlySet<string> = new Set(),
): ReadonlySet<number> {
  return new Set([...different].filter((index) => !arrived.has(blockName(entry, index))));
}

/** Each has memory of its own. */
export async function* blocksOf(
  { sizeBytes }: ManifestEntry,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const blockBytes = blockBytesOf(sizeBytes);
  let block = Buffer.allocUnsafeSlow(blockBytes);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + blockBytes - filled);
      block.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < blockBytes) continue;
      yield block;
      block = Buffer.allocUnsafeSlow(blockBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

const MOST_BLOCKS = 512;
