import { createHash } from 'node:crypto';
import type { ManifestEntry, Snapshot } from './types.ts';

/** From this size on a file is sent as what differs from what the server has of it. */
export const LARGE_BYTES = 8 * 1024 ** 2;

/** What the server has of a large file. */
export interface Basis {
  readonly path: string;
  /** `upload`: as far as it arrived before the upload was interrupted. `cache`: the version in the deploy-cache. */
  readonly in: 'upload' | 'cache';
  /** sha256, hex, of each block of `blockBytesOf` bytes, the last one shorter; none behind the end of the wanted file. */
  readonly hashes: readonly string[];
}

/** A file that the server is to make of its basis and some blocks. */
export interface BlockWork {
  readonly entry: ManifestEntry;
  readonly basis: Basis;
  /** The blocks that differ, by their number; null: there are too many to be held. */
  readonly blocks: ReadonlyMap<number, Uint8Array> | null;
}

/** A power of two, so that no file has more than 512 blocks, and no block is smaller than 1 MiB. */
export function blockBytesOf(sizeBytes: number): number {
  let blockBytes = 1024 ** 2;
  while (sizeBytes / blockBytes > MOST_BLOCKS) blockBytes *= 2;
  return blockBytes;
}

/** Unique to a content: a block that arrived in an earlier try is the same in the next. */
export function blockName({ hash, sizeBytes }: ManifestEntry, index: number): string {
  return `${hash.slice(0, 32)}-${blockBytesOf(sizeBytes)}.${index}`;
}

/**
 * Compares files with what the server has of them. Gives those of which only blocks are to be sent; when most of a file
 * differs it is better sent whole, unless blocks of it have arrived. Reads no further than it takes to know.
 */
export async function planBlocks(
  files: readonly { readonly entry: ManifestEntry; readonly basis: Basis }[],
  arrived: ReadonlySet<string>,
  snapshot: Pick<Snapshot, 'read'>,
  signal: AbortSignal,
): Promise<readonly BlockWork[]> {
  const works: BlockWork[] = [];
  let roomBytes = HELD_BYTES;
  for (const { entry, basis } of files) {
    const found = await compare(entry, basis, snapshot, roomBytes, signal);
    const isBegun = basis.hashes.some((_, index) => arrived.has(blockName(entry, index)));
    if (!isBegun && found.same < found.different) continue;
    for (const bytes of found.blocks?.values() ?? []) roomBytes -= bytes.length;
    works.push({ entry, basis, blocks: found.blocks });
  }
  return works;
}

export interface Block {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly isSame: boolean;
}

export async function* blocksOf(
  entry: ManifestEntry,
  basis: Basis,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Block> {
  const blockBytes = blockBytesOf(entry.sizeBytes);
  let index = 0;
  for await (const bytes of inPieces(chunks, blockBytes)) {
    yield { index, bytes, isSame: basis.hashes[index] === sha256(bytes) };
    index += 1;
  }
}

const MOST_BLOCKS = 512;

/** Of all files together: they are read only once then. */
const HELD_BYTES = 32 * 1024 ** 2;

interface Comparison {
  readonly same: number;
  readonly different: number;
  readonly blocks: ReadonlyMap<number, Uint8Array> | null;
}

async function compare(
  entry: ManifestEntry,
  basis: Basis,
  snapshot: Pick<Snapshot, 'read'>,
  roomBytes: number,
  signal: AbortSignal,
): Promise<Comparison> {
  const blocks = new Map<number, Uint8Array>();
  let [same, heldBytes] = [0, 0];
  for await (const { chunks } of snapshot.read([entry], signal)) {
    for await (const { index, bytes, isSame } of blocksOf(entry, basis, chunks)) {
      if (isSame) same += 1;
      else {
        blocks.set(index, bytes);
        heldBytes += bytes.length;
        if (heldBytes > roomBytes) return { same, different: blocks.size, blocks: null };
      }
    }
  }
  return { same, different: blocks.size, blocks };
}

/** All of this size, but the last. Each has memory of its own. */
async function* inPieces(chunks: AsyncIterable<Uint8Array>, pieceBytes: number): AsyncGenerator<Uint8Array> {
  let piece = Buffer.allocUnsafeSlow(pieceBytes);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + pieceBytes - filled);
      piece.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < pieceBytes) continue;
      yield piece;
      piece = Buffer.allocUnsafeSlow(pieceBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
