import { CutoverError, messageOf, type SftpFileOptions } from '../../../core/contract/index.ts';
import type { InputAttributes, SFTPWrapper } from '../client.ts';
import type { Calls } from './calls.ts';
import { diagnose, type FreeSpace } from './failure.ts';
import { pipeline } from './pipeline.ts';

export interface Writer {
  readonly sftp: SFTPWrapper;
  readonly calls: Calls;
  readonly canFsync: boolean;
  readonly freeSpace: () => Promise<FreeSpace | null>;
}

/**
 * Creates a file that is whole, or none. Not by ssh2's streams: they hide a full disk. The handle is written, synced,
 * measured and closed before anybody hears of success; whatever fails, the file goes.
 */
export async function writeFile(
  writer: Writer,
  path: string,
  content: AsyncIterable<Uint8Array>,
  options: SftpFileOptions,
): Promise<void> {
  const attempt = `write ${path}`;
  await createFile(writer, path, options, (handle) => fill(writer, attempt, handle, content));
}

/** All of it was asked for; `written` tells when it was done. */
export interface Filled {
  readonly sizeBytes: number;
  readonly written: Promise<void>;
}

/** `put` writes into the handle. */
export async function createFile(
  writer: Writer,
  path: string,
  options: SftpFileOptions,
  put: (handle: Buffer) => Promise<Filled>,
): Promise<void> {
  const { sftp, calls, freeSpace } = writer;
  const { mode } = options;
  const attempt = `write ${path}`;
  const handle = await calls
    .run<Buffer>(attempt, (done) => sftp.open(path, 'wx', { mode }, done))
    .catch(async (error) => {
      throw await diagnose(`create ${path}`, error, freeSpace);
    });
  let isClosed = false;
  try {
    const filled = await put(handle);
    isClosed = true;
    await settle(writer, attempt, handle, filled, options);
  } catch (error) {
    // Asked before the file goes, which makes room again.
    const failure = await explain(writer, attempt, error);
    // Its name may be that of another handle by now.
    await abandon(writer, path, isClosed ? null : handle);
    throw failure;
  }
}

/** What fits one packet on any server, also without limits@openssh.com, and how many are under way. */
const CHUNK_BYTES = 30 * 1024;
const OUTSTANDING = 64;

export async function fill(
  { sftp, calls }: Pick<Writer, 'sftp' | 'calls'>,
  attempt: string,
  handle: Buffer,
  content: AsyncIterable<Uint8Array>,
): Promise<Filled> {
  const writes = pipeline(OUTSTANDING);
  let offset = 0;
  try {
    for await (const piece of content) {
      for (let at = 0; at < piece.length; at += CHUNK_BYTES) {
        // A copy: the request may wait for its turn, and the memory may be used again meanwhile.
        const chunk = Buffer.from(piece.subarray(at, at + CHUNK_BYTES));
        const position = offset;
        offset += chunk.length;
        await writes.add(() =>
          calls.run(attempt, (done) => sftp.write(handle, chunk, 0, chunk.length, position, done as never)),
        );
      }
    }
  } catch (error) {
    // Nothing may still be on its way when the file goes.
    await writes.drain().catch(() => {});
    throw error;
  }
  const written = writes.drain();
  // Whoever waits for it may not do so at once.
  written.catch(() => {});
  return { sizeBytes: offset, written };
}

/**
 * One round trip, with the last writes: the server works through what is asked of one file in order (filexfer-02, section
 * 6.1). Closing may be the first to tell of trouble.
 */
async function settle(
  { sftp, calls, canFsync }: Writer,
  attempt: string,
  handle: Buffer,
  { sizeBytes, written }: Filled,
  { mode, modifiedAtSec, isSynced = true }: SftpFileOptions,
): Promise<void> {
  const times = modifiedAtSec === undefined ? {} : { atime: modifiedAtSec, mtime: modifiedAtSec };
  const attributes = { mode, ...times } as InputAttributes;
  const all = [
    written,
    calls.run<{ size: number }>(attempt, (done) => sftp.fstat(handle, done)),
    calls.run(attempt, (done) => sftp.fsetstat(handle, attributes, done as () => void)),
    canFsync && isSynced ? calls.run(attempt, (done) => sftp.ext_openssh_fsync(handle, done as never)) : null,
    calls.run(attempt, (done) => sftp.close(handle, done as () => void)),
  ] as const;
  await Promise.allSettled(all);
  const [, size] = await Promise.all(all);
  if (size.size !== sizeBytes) throw new Torn(`${size.size} of ${sizeBytes} bytes arrived`);
}

class Torn extends Error {}

async function explain(writer: Writer, attempt: string, error: unknown): Promise<unknown> {
  if (error instanceof Torn) {
    const failure = Object.assign(new Error(error.message), { code: 4 });
    const told = await diagnose(attempt, failure, writer.freeSpace, CHUNK_BYTES * OUTSTANDING);
    return told.code === 'E_DISK_FULL'
      ? told
      : new CutoverError('E_REMOTE', `Could not ${attempt}: ${messageOf(error)}.`);
  }
  return isStatus(error) ? diagnose(attempt, error, writer.freeSpace, CHUNK_BYTES * OUTSTANDING) : error;
}

/** Only what the server said needs explaining; a source that failed, or a lost channel, speak for themselves. */
function isStatus(error: unknown): boolean {
  return typeof (error as { code?: unknown }).code === 'number';
}

async function abandon({ sftp, calls }: Writer, path: string, handle: Buffer | null): Promise<void> {
  const attempt = `remove ${path}`;
  await Promise.allSettled([
    handle && calls.run(attempt, (done) => sftp.close(handle, done as () => void)),
    calls.run(attempt, (done) => sftp.unlink(path, done as () => void)),
  ]);
}
