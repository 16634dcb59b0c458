import { CutoverError } from '../../../core/contract/index.ts';
import type { SFTPWrapper } from '../client.ts';
import type { Calls } from './calls.ts';
import { END_OF_FILE, NO_SUCH_FILE, refusal, statusOf } from './failure.ts';

/**
 * A whole file, read by several requests at a time; null when nothing is there. Refuses what no file of ours can be:
 * more than 256 MiB.
 */
export async function readFile(sftp: SFTPWrapper, calls: Calls, path: string): Promise<Uint8Array | null> {
  const attempt = `read ${path}`;
  try {
    const handle = await calls.run<Buffer>(attempt, (done) => sftp.open(path, 'r', done));
    try {
      return await readAll(sftp, calls, attempt, handle);
    } finally {
      void calls.run(attempt, (done) => sftp.close(handle, done as () => void)).catch(() => {});
    }
  } catch (error) {
    if (statusOf(error) === NO_SUCH_FILE) return null;
    throw refusal(attempt, error);
  }
}

/** As in writing: one packet on any server. */
const CHUNK_BYTES = 30 * 1024;
const OUTSTANDING = 32;
const MOST_BYTES = 256 * 1024 * 1024;

/** Until the server says that the file has ended, whatever size it may have told before. */
async function readAll(
  sftp: SFTPWrapper,
  calls: Calls,
  attempt: string,
  handle: Buffer,
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of readChunks(sftp, calls, attempt, handle)) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > MOST_BYTES)
      throw new CutoverError('E_REMOTE', `Could not ${attempt}: it is larger than 256 MiB.`);
  }
  return Buffer.concat(chunks);
}

/** The first by itself: most files have no second one. */
export async function* readChunks(
  sftp: SFTPWrapper,
  calls: Calls,
  attempt: string,
  handle: Buffer,
): AsyncGenerator<Buffer> {
  for (let offset = 0, window = 1; ; window = OUTSTANDING) {
    const starts = Array.from({ length: window }, (_, index) => offset + index * CHUNK_BYTES);
    const read = await Promise.all(starts.map((start) => readChunk(sftp, calls, attempt, handle, start)));
    for (const chunk of read) {
      if (chunk.length > 0) yield chunk;
      offset += chunk.length;
      if (chunk.length < CHUNK_BYTES) return;
    }
  }
}

/** As much as was asked for, in several answers where the server gives less at once; less only at the end. */
async function readChunk(
  sftp: SFTPWrapper,
  calls: Calls,
  attempt: string,
  handle: Buffer,
  start: number,
): Promise<Buffer> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let got = 0;
  while (got < CHUNK_BYTES) {
    const from = got;
    const count = await calls
      .run<number>(attempt, (done) => sftp.read(handle, chunk, from, CHUNK_BYTES - from, start + from, done))
      .catch((error) => {
        if (statusOf(error) === END_OF_FILE) return 0;
        throw error;
      });
    if (count === 0) break;
    got += count;
  }
  return chunk.subarray(0, got);
}
