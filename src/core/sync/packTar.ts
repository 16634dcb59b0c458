import { CutoverError } from '../contract/index.ts';
import { printable } from './names.ts';
import { BLOCK_BYTES, paddingBytes, type TarEntry, tarHeader } from './tarHeader.ts';
import type { FileContent, ManifestEntry } from './types.ts';

export interface TarContents {
  /** Paths, parents first. */
  readonly directories: readonly string[];
  readonly links: readonly ManifestEntry[];
  readonly files: AsyncIterable<TimedContent>;
}

export interface TimedContent extends FileContent {
  /** Instead of the archive's. */
  readonly modifiedAtSec?: number;
}

/**
 * A tar archive in pieces of some 64 KiB or more: directories, then links, then files, each as `./path`
 * and with this time. Throws `E_SOURCE` when a file has another size than its entry says.
 */
export function packTar(contents: TarContents, modifiedAtSec: number): AsyncIterable<Uint8Array> {
  return inLargePieces(archive(contents, modifiedAtSec));
}

const PIECE_BYTES = 65_536;

async function* archive(contents: TarContents, modifiedAtSec: number): AsyncGenerator<Uint8Array> {
  for (const path of contents.directories) {
    yield header({ path, kind: 'directory', mode: 0o755, sizeBytes: 0 }, modifiedAtSec);
  }
  for (const link of contents.links) yield header({ ...link, sizeBytes: 0 }, modifiedAtSec);
  for await (const { entry, chunks, modifiedAtSec: own } of contents.files) {
    yield header(entry, own ?? modifiedAtSec);
    yield* exactly(entry, chunks);
    yield ZEROS.subarray(0, paddingBytes(entry.sizeBytes));
  }
  yield ZEROS;
}

const ZEROS = new Uint8Array(2 * BLOCK_BYTES);

/** A dot in front keeps names with a leading dash from being taken for options. */
function header(entry: Omit<ManifestEntry, 'hash'>, modifiedAtSec: number): Uint8Array {
  const { kind: type, mode, sizeBytes, target = '' } = entry;
  const name = type === 'directory' ? `./${entry.path}/` : `./${entry.path}`;
  const fields: TarEntry = { type, name, mode, sizeBytes, modifiedAtSec, target };
  return tarHeader(fields);
}

async function* exactly(entry: ManifestEntry, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = entry.sizeBytes;
  for await (const chunk of chunks) {
    left -= chunk.length;
    if (left < 0) break;
    yield chunk;
  }
  if (left !== 0)
    throw new CutoverError('E_SOURCE', `${printable(entry.path)} changed while it was being read.`);
}

/** Small chunks go into one piece of memory as they come: a hundred thousand files would leave as many to be collected. */
async function* inLargePieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let filled = 0;
  for await (const chunk of chunks) {
    if (filled + chunk.length > PIECE_BYTES && filled > 0) {
      yield piece.subarray(0, filled);
      piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
      filled = 0;
    }
    if (chunk.length >= PIECE_BYTES) yield chunk;
    else {
      piece.set(chunk, filled);
      filled += chunk.length;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
