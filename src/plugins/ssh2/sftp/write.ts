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

/** `put` writes into the handle and gives how many bytes. */
export async function createFile(
  writer: Writer,
  path: string,
  options: SftpFileOptions,
  put: (handle: Buffer) => Promise<number>,
): Promise<void> {
  const { sftp, calls, freeSpace } = writer;
  const { mode } = options;
  const attempt = `write ${path}`;
  const handle = await calls
    .run<Buffer>(attempt, (done) => sftp.open(path, 'wx', { mode }, done))
    .catch(async (error) => {
      throw await diagnose(`create ${path}`, error, freeSpace);
    });
  try {
    const sizeBytes = await put(handle);
    await settle(writer, attempt, handle, sizeBytes, options);
  } catch (error) {
    // Asked before the file goes, which makes room again.
    const failure = await explain(writer, attempt, error);
    await abandon(writer, path, handle);
    throw failure;
  }
}

/** What fits one packet on any server, also without limits@openssh.com, and how many are under way. */
const CHUNK_BYTES = 30 * 1024;
const OUTSTANDING = 32;

export async function fill(
  { sftp, calls }: Pick<Writer, 'sftp' | 'calls'>,
  attempt: string,
  handle: Buffer,
  content: AsyncIterable<Uint8Array>,
): Promise<number> {
  const writes = pipeline(OUTSTANDING);
  let offset = 0;
  try {
    for await (const piece of content) {
      for (let at = 0; at < piece.length; at += CHUNK_BYTES) {
        // A view: ssh2 copies it into the packet before it returns.
        const chunk = view(piece.subarray(at, at + CHUNK_BYTES));
        const position = offset;
        offset += chunk.length;
        await writes.add(() =>
          calls.run(attempt, (done) => sftp.write(handle, chunk, 0, chunk.length, position, done as never)),
        );
      }
    }
  } finally {
    // Nothing may still be on its way when the handle is closed.
    await writes.drain().catch(() => {});
  }
  await writes.drain();
  return offset;
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** One round trip: the server works through these in order. Then close, which may be the first to tell of trouble. */
async function settle(
  { sftp, calls, canFsync }: Writer,
  attempt: string,
  handle: Buffer,
  sizeBytes: number,
  { mode, modifiedAtSec, isSynced = true }: SftpFileOptions,
): Promise<void> {
  const times = modifiedAtSec === undefined ? {} : { atime: modifiedAtSec, mtime: modifiedAtSec };
  const attributes = { mode, ...times } as InputAttributes;
  const [size] = await Promise.all([
    calls.run<{ size: number }>(attempt, (done) => sftp.fstat(handle, done)),
    calls.run(attempt, (done) => sftp.fsetstat(handle, attributes, done as () => void)),
    canFsync && isSynced ? calls.run(attempt, (done) => sftp.ext_openssh_fsync(handle, done as never)) : null,
  ]);
  if (size.size !== sizeBytes) throw new Torn(`${size.size} of ${sizeBytes} bytes arrived`);
  await calls.run(attempt, (done) => sftp.close(handle, done as () => void));
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

async function abandon({ sftp, calls }: Writer, path: string, handle: Buffer): Promise<void> {
  const attempt = `remove ${path}`;
  await Promise.allSettled([
    calls.run(attempt, (done) => sftp.close(handle, done as () => void)),
    calls.run(attempt, (done) => sftp.unlink(path, done as () => void)),
  ]);
}
