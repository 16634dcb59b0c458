import { diagnose } from './failure.ts';
import { fill, type Writer } from './write.ts';

/** The server puts each piece at the end by itself (SSH_FXF_APPEND), whatever offset the request names. */
export async function appendFile(
  writer: Writer,
  path: string,
  content: Uint8Array,
  mode: number,
): Promise<void> {
  const { sftp, calls, canFsync } = writer;
  const attempt = `add to ${path}`;
  await withHandle(writer, path, 'a', mode, async (handle) => {
    const { written } = await fill(writer, attempt, handle, pieceOf(content));
    const synced = canFsync && calls.run(attempt, (done) => sftp.ext_openssh_fsync(handle, done as never));
    return [written, synced];
  });
}

/** Writing gives a file the time of the server, which setting a time would not: that would be the client's. */
export async function touch(writer: Writer, path: string, mode: number): Promise<number> {
  const { sftp, calls } = writer;
  const attempt = `write ${path}`;
  const byte = Buffer.from('.');
  const [, { mtime }] = await withHandle(writer, path, 'w', mode, async (handle) => [
    calls.run(attempt, (done) => sftp.write(handle, byte, 0, 1, 0, done as never)),
    calls.run<{ mtime: number }>(attempt, (done) => sftp.fstat(handle, done)),
  ]);
  return mtime;
}

/** Two round trips: the file is closed without waiting for what was asked of it before. */
async function withHandle<const T extends readonly unknown[]>(
  { sftp, calls, freeSpace }: Writer,
  path: string,
  flags: 'a' | 'w',
  mode: number,
  ask: (handle: Buffer) => Promise<T>,
): Promise<{ -readonly [Index in keyof T]: Awaited<T[Index]> }> {
  const attempt = `write ${path}`;
  try {
    const handle = await calls.run<Buffer>(attempt, (done) => sftp.open(path, flags, { mode }, done));
    const asked = await ask(handle);
    const closed = calls.run(attempt, (done) => sftp.close(handle, done as () => void));
    await Promise.allSettled([...asked, closed]);
    await closed;
    return await Promise.all(asked);
  } catch (error) {
    throw await diagnose(attempt, error, freeSpace);
  }
}

async function* pieceOf(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
