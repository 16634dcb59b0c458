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
 * A tar archive in pieces of this size, the last one smaller: directories, then links, then files, each as `./path` and
 * with this time. A piece stays as it is until the next but one is asked for: then its memory is used again. Throws
 * `E_SOURCE` when a file has another size than its entry says.
 */
export function packTar(
  contents: TarContents,
  modifiedAtSec: number,
  pieceBytes = PIECE_BYTES,
): AsyncIterable<Uint8Array> {
  return inPieces(archive(contents, modifiedAtSec), pieceBytes);
}

export const PIECE_BYTES = 1024 ** 2;

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

/**
 * What is new memory for each piece is collected only after tens of megabytes, and each time with a look at all that
 * is known of a hundred thousand files.
 */
async function* inPieces(chunks: AsyncIterable<Uint8Array>, pieceBytes: number): AsyncGenerator<Uint8Array> {
  let piece: Buffer = Buffer.allocUnsafeSlow(pieceBytes);
  let other: Buffer | null = null;
  let filled = 0;
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.length; ) {
      const part = chunk.subarray(taken, taken + pieceBytes - filled);
      piece.set(part, filled);
      filled += part.length;
      taken += part.length;
      if (filled < pieceBytes) continue;
      yield piece;
      [piece, other] = [other ?? Buffer.allocUnsafeSlow(pieceBytes), piece];
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
