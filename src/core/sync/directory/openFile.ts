import { createHash, hash } from 'node:crypto';
import { closeSync, constants, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { CutoverError, messageOf } from '../../contract/index.ts';
import { changed } from '../fidelity.ts';
import { blockHasher } from '../knownBlocks.ts';
import { printable } from '../names.ts';
import type { ByteRange } from '../types.ts';
import { type Disk, type FileStat, isRegular, isSameStat, realDisk } from './disk.ts';

/** A regular file, open. */
export interface OpenFile {
  readonly sizeBytes: number;
  readonly mode: number;
  /**
   * Exactly `sizeBytes`, each piece in memory of its own, then closes. Throws `E_SOURCE` when the file turns out
   * shorter or longer. Small files are read synchronously: for them the thread pool costs ten times the reading.
   */
  chunks(): AsyncGenerator<Uint8Array>;
  /** Reads as `chunks` does, into memory that is used again. */
  hash(signal: AbortSignal): Promise<HashedFile>;
}

export interface HashedFile {
  /** sha256, hex. */
  readonly hash: string;
  /** Of before and after; null when it was not the same, whoever touched the file meanwhile. */
  readonly stat: FileStat | null;
  /** Of a large file, as `blockHasher` hashes them. */
  readonly blocks: readonly string[];
}

/**
 * Opens what was a regular file a moment ago. A link is not followed and a FIFO not waited for. Throws `E_SOURCE`
 * when it cannot be read or is something else by now.
 */
export function openFile(absolute: Uint8Array, path: Uint8Array, disk: Disk = realDisk): OpenFile {
  const descriptor = attempt(path, () => openSync(Buffer.from(absolute), OPEN_FLAGS));
  try {
    const stat = attempt(path, () => disk.fstat(descriptor));
    if (!isRegular(stat)) throw changed(path);
    const reading = { descriptor, sizeBytes: Number(stat.size), path };
    const mode = Number(stat.mode);
    return {
      sizeBytes: reading.sizeBytes,
      mode,
      chunks: () => contentOf(reading, Buffer.allocUnsafe, () => closeSync(descriptor)),
      hash: (signal) => hashOf(reading, stat, disk, signal),
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** A part of a file, opened in the same way. Throws `E_SOURCE` when the file ends before. */
export async function readRange(
  absolute: Uint8Array,
  path: Uint8Array,
  { start, sizeBytes }: ByteRange,
): Promise<Uint8Array> {
  const descriptor = attempt(path, () => openSync(Buffer.from(absolute), OPEN_FLAGS));
  try {
    const memory = Buffer.allocUnsafeSlow(sizeBytes);
    for (let filled = 0; filled < sizeBytes; ) {
      const count = await readLater(descriptor, memory.subarray(filled), path, start + filled);
      if (count === 0) throw changed(path);
      filled += count;
    }
    return memory;
  } finally {
    closeSync(descriptor);
  }
}

/** Translates errors of the file system: what was listed and is gone has changed, the rest cannot be read. */
export function attempt<Result>(path: Uint8Array, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw readingError(error, path);
  }
}

const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CHUNK_BYTES = 262_144;
const SMALL_BYTES = 65_536;
const SCRATCH = Buffer.allocUnsafe(SMALL_BYTES + 1);
const GONE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO']);

const readAsync = promisify(read);

interface Reading {
  readonly descriptor: number;
  readonly sizeBytes: number;
  readonly path: Uint8Array;
}

/** Asks for one byte more than should be left, so that a file that grew shows without another call. */
async function* contentOf(
  { descriptor, sizeBytes, path }: Reading,
  memory: (sizeBytes: number) => Buffer,
  atEnd: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    for (let left = sizeBytes, isEnd = false; !isEnd; ) {
      const chunk = memory(Math.min(CHUNK_BYTES, left + 1));
      const count =
        sizeBytes <= SMALL_BYTES
          ? attempt(path, () => readSync(descriptor, chunk))
          : await readLater(descriptor, chunk, path);
      if (count > left || (count === 0 && left > 0)) throw changed(path);
      if (count > 0) yield chunk.subarray(0, count);
      isEnd = count === left && chunk.length > left;
      left -= count;
    }
  } finally {
    atEnd();
  }
}

async function readLater(
  descriptor: number,
  chunk: Buffer,
  path: Uint8Array,
  position: number | null = null,
): Promise<number> {
  try {
    return (await readAsync(descriptor, chunk, 0, chunk.length, position)).bytesRead;
  } catch (error) {
    throw readingError(error, path);
  }
}

async function hashOf(
  reading: Reading,
  before: FileStat,
  disk: Disk,
  signal: AbortSignal,
): Promise<HashedFile> {
  const { descriptor, path } = reading;
  try {
    const isSmall = reading.sizeBytes <= SMALL_BYTES;
    const found = isSmall ? { hash: hashSmall(reading), blocks: [] } : await hashLarge(reading, signal);
    const after = attempt(path, () => disk.fstat(descriptor));
    return { ...found, stat: isSameStat(before, after) ? before : null };
  } finally {
    closeSync(descriptor);
  }
}

/** At once: nothing else may use SCRATCH meanwhile. */
function hashSmall({ descriptor, sizeBytes, path }: Reading): string {
  let filled = 0;
  let count = 0;
  do {
    count = attempt(path, () => readSync(descriptor, SCRATCH, filled, sizeBytes + 1 - filled, null));
    filled += count;
  } while (count > 0 && filled < sizeBytes);
  if (filled !== sizeBytes) throw changed(path);
  return hash('sha256', SCRATCH.subarray(0, sizeBytes));
}

async function hashLarge(reading: Reading, signal: AbortSignal): Promise<Omit<HashedFile, 'stat'>> {
  const found = createHash('sha256');
  const memory = Buffer.allocUnsafe(CHUNK_BYTES);
  const blocks = blockHasher(reading.sizeBytes);
  const pieces = contentOf(
    reading,
    (sizeBytes) => memory.subarray(0, sizeBytes),
    () => {},
  );
  for await (const piece of pieces) {
    signal.throwIfAborted();
    found.update(piece);
    await blocks?.add(piece);
  }
  return { hash: found.digest('hex'), blocks: (await blocks?.end()) ?? [] };
}

function readingError(error: unknown, path: Uint8Array): unknown {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string') return error;
  if (GONE.has(code)) return changed(path);
  return new CutoverError('E_SOURCE', `${printable(path)} cannot be read: ${messageOf(error)}.`, {
    hint: 'Give yourself the right to read it, or leave it out with `exclude` or a .deployignore file.',
    cause: error,
  });
}
