import {
  type ArchiveContents,
  directoriesOf,
  inTree,
  packFirst,
  readContents,
  wholeOnes,
} from './archive.ts';
import { heldFiles } from './heldFiles.ts';
import { packTar } from './packTar.ts';
import { textFile } from './textFile.ts';
import type { FileContent } from './types.ts';

/** What all channels have in common: whoever asks first for the next file gets it. */
export interface SharedArchive {
  /**
   * As `packArchive`, without what others take. All directories are in front, and behind them the file `attempt`. What
   * goes last waits for `othersEnded`.
   */
  first(othersEnded: () => Promise<void>): AsyncIterable<Uint8Array>;
  /** Some of the contents, and last `complete-NUMBER`. */
  other(number: number): AsyncIterable<Uint8Array>;
  /** Of files, as they are. */
  takenBytes(): number;
  /** From here on nobody gets anything but this. */
  fail(error: unknown): void;
  close(): Promise<void>;
}

/** Each file is held in memory while it is sent, and so should be small. `attempt`: names this try. */
export function shareArchive(contents: ArchiveContents, attempt: string): SharedArchive {
  const files = readContents(contents);
  const held = heldFiles();
  let takenBytes = 0;
  // Rejected once it failed, so that nobody takes the end of the source for the end of its contents.
  let last: Promise<FileContent | null> = Promise.resolve(null);
  const next = async (): Promise<FileContent | null> => {
    const { done, value } = await files.next();
    if (done === true) return null;
    takenBytes += value.entry.sizeBytes;
    return held(value);
  };
  async function* taken(): AsyncGenerator<FileContent> {
    for (;;) {
      last = last.then(next);
      const file = await last;
      if (file === null) return;
      yield file;
    }
  }
  async function* begun(): AsyncGenerator<FileContent> {
    yield textFile('attempt', attempt);
    yield* taken();
  }
  async function* marked(number: number): AsyncGenerator<FileContent> {
    yield* taken();
    yield textFile(`complete-${number}`, contents.release);
  }
  return {
    first: (othersEnded) =>
      packFirst(contents, begun(), { directories: allDirectories(contents), othersEnded }),
    other(number) {
      const parts = { directories: [], links: [], files: marked(number) };
      return packTar(parts, contents.modifiedAtSec, OTHERS_PIECE_BYTES);
    },
    takenBytes: () => takenBytes,
    fail(error) {
      last = Promise.reject(error);
      last.catch(() => {});
    },
    async close() {
      await files.return(undefined);
    },
  };
}

/** Also those that the server's cache has already: of these there are none yet where the files arrive. */
function allDirectories(contents: ArchiveContents): readonly string[] {
  const paths = new Set(['blocks', ...directoriesOf(contents)]);
  for (const { path } of wholeOnes(contents)) {
    const place = inTree(path);
    for (let end = place.lastIndexOf('/'); end > 0; end = place.lastIndexOf('/', end - 1))
      paths.add(place.slice(0, end));
  }
  // Parents first.
  return [...paths].sort();
}

/** There are several of them, each with some pieces under way. */
const OTHERS_PIECE_BYTES = 256 * 1024;
