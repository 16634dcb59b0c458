import { CutoverError } from '../../../core/contract/index.ts';
import type { SFTPWrapper } from '../client.ts';
import type { Calls } from './calls.ts';
import { END_OF_FILE, refusal, statusOf } from './failure.ts';

/** A whole file, read by several requests at a time. Refuses what no file of ours can be: more than 256 MiB. */
export async function readFile(sftp: SFTPWrapper, calls: Calls, path: string): Promise<Uint8Array> {
  const attempt = `read ${path}`;
  try {
    const handle = await calls.run<Buffer>(attempt, (done) => sftp.open(path, 'r', done));
    try {
      return await readAll(sftp, calls, attempt, handle);
    } finally {
      await calls.run(attempt, (done) => sftp.close(handle, done as () => void)).catch(() => {});
    }
  } catch (error) {
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
  for (let offset = 0; offset <= MOST_BYTES; ) {
    const window = chunks.length === 0 ? 1 : OUTSTANDING;
    const starts = Array.from({ length: window }, (_, index) => offset + index * CHUNK_BYTES);
    const read = await Promise.all(starts.map((start) => readChunk(sftp, calls, attempt, handle, start)));
    for (const chunk of read) {
      chunks.push(chunk);
      offset += chunk.length;
      if (chunk.length < CHUNK_BYTES) return Buffer.concat(chunks);
    }
  }
  throw new CutoverError('E_REMOTE', `Could not ${attempt}: it is larger than 256 MiB.`);
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
