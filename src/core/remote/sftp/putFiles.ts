import type { Sftp } from '../../contract/index.ts';
import { UNDER_WAY } from './parallel.ts';
import { once } from './place.ts';

/** A file on its way to a server. */
export interface Sending {
  readonly path: string;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly modifiedAtSec: number;
  /** To be drained before the next file is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** A larger file is written by itself, and never held as a whole. */
const SMALL_BYTES = 2 * 1024 * 1024;
const HELD_BYTES = 16 * 1024 * 1024;

/**
 * Writes files into a directory, many at a time; what they are in must be there, they must not. Rejects with the first
 * failure, also of the source, when nothing is under way any more. Files of a tree are not synced one by one: that would
 * cost a round trip of the disk each.
 */
export async function putFiles(
  sftp: Sftp,
  directory: string,
  files: AsyncIterable<Sending>,
  onSent: (sizeBytes: number) => void,
): Promise<void> {
  const crowd = gather();
  const put = async (
    { path, mode, modifiedAtSec, sizeBytes }: Sending,
    chunks: AsyncIterable<Uint8Array>,
  ) => {
    await sftp.writeFile(`${directory}/${path}`, chunks, { mode, modifiedAtSec, isSynced: false });
    onSent(sizeBytes);
  };
  try {
    for await (const file of files) {
      if (file.sizeBytes > SMALL_BYTES) await put(file, file.chunks);
      else {
        const bytes = await whole(file);
        await crowd.add(bytes.length, () => put(file, once(bytes)));
      }
    }
  } finally {
    await crowd.settled();
  }
  crowd.check();
}

/** A copy: the pieces may be parts of larger ones. */
async function whole({ chunks }: Sending): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces);
}

/** Tasks side by side, as long as they hold no more than so many bytes. */
function gather() {
  const running = new Set<Promise<void>>();
  let held = 0;
  let failure: { readonly error: unknown } | null = null;
  const check = () => {
    if (failure !== null) throw failure.error;
  };
  return {
    check,
    /** Resolves when there is room for one more. */
    async add(bytes: number, task: () => Promise<void>): Promise<void> {
      while (running.size >= UNDER_WAY || (held > 0 && held + bytes > HELD_BYTES))
        await Promise.race(running);
      check();
      held += bytes;
      const one: Promise<void> = task()
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => {
          held -= bytes;
          running.delete(one);
        });
      running.add(one);
    },
    async settled(): Promise<void> {
      await Promise.all(running);
    },
  };
}
