import { formatCacheHead } from './cacheHead.ts';
import { formatSegment } from './manifestText.ts';
import { packTar } from './packTar.ts';
import { type Reuse, type ReuseBatch, reuseBatches } from './reuse.ts';
import type { SyncWork } from './syncWork.ts';
import type { FileContent, ManifestEntry, Snapshot } from './types.ts';

export interface ArchiveContents {
  readonly release: string;
  readonly work: SyncWork;
  readonly snapshot: Pick<Snapshot, 'read'>;
  /** Files that have arrived already. Default: none. */
  readonly kept?: ReadonlySet<string>;
  /** Files that are sent although they were to be reused. Default: none. */
  readonly resent?: ReadonlySet<string>;
  /** For every file that is sent. */
  readonly modifiedAtSec: number;
  readonly onProgress: (doneBytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * The tar stream that brings a deploy-cache up to date: `tree/` with what is new, the lists `directories`
 * (one a line; they must stand in the cache as such before it is touched) and `remove` (ended by NUL), the `segment` and
 * the `head` to be committed, and last `complete`, which proves that all came.
 * Where files are reused also `reuse`, a line for each batch (`cache` or `upload`, from, to, and the name of a list of
 * paths ended by NUL, or a dash), `made-644` and `made-755`, what is made of them by mode, and `sums`, what must then be
 * in them, as sha256sum prints it.
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
  const { work, kept, resent, snapshot, signal, onProgress } = contents;
  const reused = work.reuse.filter(({ entry }) => !resent?.has(entry.path));
  const isReused = new Set(reused.map(({ entry }) => entry.path));
  const files = work.diff.upload.filter(
    (entry) => entry.kind === 'file' && !kept?.has(entry.path) && !isReused.has(entry.path),
  );
  let doneBytes = 0;
  for await (const { entry, chunks } of snapshot.read(files, signal)) {
    yield { entry: moved(entry), chunks };
    doneBytes += entry.sizeBytes;
    onProgress(Math.min(doneBytes, work.diff.bytes));
  }
  if (reused.length > 0) yield* reuseLists(reused, kept);
  yield textFile('directories', work.expected.map((path) => `./${path}\n`).join(''));
  yield textFile('remove', listOf(work.diff.remove));
  yield textFile('segment', formatSegment(work.segment));
  yield textFile('head', formatCacheHead(work.head));
  yield textFile('complete', contents.release);
}

/** What has arrived is looked at once more: it may be a copy of which nobody knows whether it was. */
function* reuseLists(reused: readonly Reuse[], kept?: ReadonlySet<string>): Generator<FileContent> {
  const missing = reused.filter(({ entry }) => !kept?.has(entry.path));
  const batches = reuseBatches(missing);
  yield textFile('reuse', batches.map(batchLine).join(''));
  for (const [index, { paths }] of batches.entries()) {
    if (paths.length > 0) yield textFile(`reuse-${index}`, listOf(paths));
  }
  for (const mode of [0o644, 0o755]) {
    const made = missing.filter(({ entry }) => entry.mode === mode).map(({ entry }) => entry.path);
    yield textFile(`made-${mode.toString(8)}`, listOf(made));
  }
  yield textFile('sums', reused.map(({ entry }) => `${entry.hash}  ./${entry.path}\n`).join(''));
}

function batchLine({ in: place, from, to, paths }: ReuseBatch, index: number): string {
  return `${place}\t./${from}\t./${to}\t${paths.length === 0 ? '-' : `reuse-${index}`}\n`;
}

/** Ended by NUL. A dot in front keeps names with a leading dash from being taken for options. */
export function listOf(paths: readonly string[]): string {
  return paths.map((path) => `./${path}\0`).join('');
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
