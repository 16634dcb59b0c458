import { formatCacheHead } from './cacheHead.ts';
import { formatSegment } from './manifestText.ts';
import { packTar } from './packTar.ts';
import type { SyncWork } from './syncWork.ts';
import type { FileContent, ManifestEntry, Snapshot } from './types.ts';

export interface ArchiveContents {
  readonly release: string;
  readonly work: SyncWork;
  readonly snapshot: Pick<Snapshot, 'read'>;
  /** Files that have arrived already. Default: none. */
  readonly kept?: ReadonlySet<string>;
  /** For every file that is sent. */
  readonly modifiedAtSec: number;
  readonly onProgress: (doneBytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * The tar stream that brings a deploy-cache up to date: `tree/` with what is new, the lists `directories`
 * (one a line; they must stand in the cache as such before it is touched) and `remove` (ended by NUL), the `segment` and
 * the `head` to be committed, and last `complete`, which proves that all came.
 */
export function packArchive(contents: ArchiveContents): AsyncIterable<Uint8Array> {
  const { diff } = contents.work;
  return packTar(
    {
      directories: ['tree', ...diff.directories.map(inTree)],
      links: diff.upload.filter((entry) => entry.kind === 'link').map(moved),
      files: allFiles(contents),
    },
    contents.modifiedAtSec,
  );
}

async function* allFiles(contents: ArchiveContents): AsyncGenerator<FileContent> {
  const files = contents.work.diff.upload.filter(
    (entry) => entry.kind === 'file' && !contents.kept?.has(entry.path),
  );
  let doneBytes = 0;
  for await (const { entry, chunks } of contents.snapshot.read(files, contents.signal)) {
    yield { entry: moved(entry), chunks };
    doneBytes += entry.sizeBytes;
    contents.onProgress(doneBytes);
  }
  yield textFile('directories', contents.work.expected.map((path) => `./${path}\n`).join(''));
  yield textFile('remove', contents.work.diff.remove.map((path) => `./${path}\0`).join(''));
  yield textFile('segment', formatSegment(contents.work.segment));
  yield textFile('head', formatCacheHead(contents.work.head));
  yield textFile('complete', contents.release);
}

export function textFile(path: string, content: string): FileContent {
  const bytes = Buffer.from(content);
  const entry: ManifestEntry = { path, kind: 'file', mode: 0o600, sizeBytes: bytes.length, hash: '' };
  return { entry, chunks: once(bytes) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export function moved(entry: ManifestEntry): ManifestEntry {
  return { ...entry, path: inTree(entry.path) };
}

function inTree(path: string): string {
  return `tree/${path}`;
}
