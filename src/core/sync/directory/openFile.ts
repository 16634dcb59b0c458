import { closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { CutoverError, messageOf } from '../../contract/index.ts';
import { changed } from '../fidelity.ts';
import { printable } from '../names.ts';

/** A regular file, open. */
export interface OpenFile {
  readonly sizeBytes: number;
  readonly mode: number;
  /**
   * Exactly `sizeBytes`, each piece in memory of its own, then closes. Throws `E_SOURCE` when the file turns out
   * shorter or longer. Small files are read synchronously: for them the thread pool costs ten times the reading.
   */
  chunks(): AsyncGenerator<Uint8Array>;
}

/**
 * Opens what was a regular file a moment ago. A link is not followed and a FIFO not waited for. Throws `E_SOURCE`
 * when it cannot be read or is something else by now.
 */
export function openFile(absolute: Uint8Array, path: Uint8Array): OpenFile {
  const descriptor = attempt(path, () => openSync(Buffer.from(absolute), OPEN_FLAGS));
  try {
    const stat = attempt(path, () => fstatSync(descriptor));
    if (!stat.isFile()) throw changed(path);
    return { sizeBytes: stat.size, mode: stat.mode, chunks: () => contentOf(descriptor, stat.size, path) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
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
const GONE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO']);

const readAsync = promisify(read);

/** Asks for one byte more than should be left, so that a file that grew shows without another call. */
async function* contentOf(
  descriptor: number,
  sizeBytes: number,
  path: Uint8Array,
): AsyncGenerator<Uint8Array> {
  try {
    for (let left = sizeBytes, atEnd = false; !atEnd; ) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, left + 1));
      const count =
        sizeBytes <= SMALL_BYTES
          ? attempt(path, () => readSync(descriptor, chunk))
          : await readLater(descriptor, chunk, path);
      if (count > left || (count === 0 && left > 0)) throw changed(path);
      if (count > 0) yield chunk.subarray(0, count);
      atEnd = count === left && chunk.length > left;
      left -= count;
    }
  } finally {
    closeSync(descriptor);
  }
}

async function readLater(descriptor: number, chunk: Buffer, path: Uint8Array): Promise<number> {
  try {
    return (await readAsync(descriptor, chunk, 0, chunk.length, null)).bytesRead;
  } catch (error) {
    throw readingError(error, path);
  }
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
