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
 * A tar archive in pieces of at least 64 KiB (but the last): directories, then links, then files, each as `./path`
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
    yield new Uint8Array(paddingBytes(entry.sizeBytes));
  }
  yield new Uint8Array(2 * BLOCK_BYTES);
}

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

async function* inLargePieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    pending.push(chunk);
    pendingBytes += chunk.length;
    if (pendingBytes < PIECE_BYTES) continue;
    yield joined(pending);
    pending = [];
    pendingBytes = 0;
  }
  if (pendingBytes > 0) yield joined(pending);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
}
