import { hash } from 'node:crypto';
import { type BlockWork, blockName, blockRange, blocksOf } from './blocks.ts';
import { formatCacheHead } from './cacheHead.ts';
import { changed } from './fidelity.ts';
import { listOf, makingLists } from './makingLists.ts';
import { segmentParts } from './manifestText.ts';
import { packTar } from './packTar.ts';
import type { SyncWork } from './syncWork.ts';
import { longTextFile, textFile } from './textFile.ts';
import type { FileContent, ManifestEntry, Snapshot } from './types.ts';

export interface ArchiveContents {
  readonly release: string;
  readonly work: SyncWork;
  readonly snapshot: Pick<Snapshot, 'read' | 'range'>;
  /** Files that have arrived already. Default: none. */
  readonly kept?: ReadonlySet<string>;
  /** Files that are sent although they were to be reused. Default: none. */
  readonly resent?: ReadonlySet<string>;
  /** Large files of which blocks are sent. Default: none. */
  readonly blocks?: readonly BlockWork[];
  /** Names of blocks that have arrived already. Default: none. */
  readonly keptBlocks?: ReadonlySet<string>;
  /** For every file that is sent. */
  readonly modifiedAtSec: number;
  readonly onProgress: (doneBytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * The tar stream that brings a deploy-cache up to date: `tree/` with what is new, `blocks/` with parts of large files, what
 * is to be made of them and of what the server holds (`makingLists`), the lists `directories` (one a line; they must stand
 * in the cache as such before it is touched) and `remove` (ended by NUL), the `segment` and the `head` to be committed,
 * and last `complete`, which proves that all came.
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
  const { work, kept, resent, blocks = [], snapshot, signal, onProgress } = contents;
  const reused = work.reuse.filter(({ entry }) => !resent?.has(entry.path));
  const made = new Set([...reused, ...blocks].map(({ entry }) => entry.path));
  const files = work.diff.upload.filter(
    (entry) => entry.kind === 'file' && !kept?.has(entry.path) && !made.has(entry.path),
  );
  let doneBytes = 0;
  const done = ({ sizeBytes }: ManifestEntry) => {
    doneBytes += sizeBytes;
    onProgress(Math.min(doneBytes, work.diff.bytes));
  };
  for await (const { entry, chunks } of snapshot.read(files, signal)) {
    yield { entry: moved(entry), chunks };
    done(entry);
  }
  for (const each of blocks) {
    yield* differingBlocks(each, contents);
    done(each.entry);
  }
  yield* makingLists(reused, blocks, kept);
  yield textFile('directories', work.expected.map((path) => `./${path}\n`).join(''));
  yield textFile('remove', listOf(work.diff.remove));
  yield longTextFile('segment', () => segmentParts(work.segment));
  yield textFile('head', formatCacheHead(work.head));
  yield textFile('complete', contents.release);
}

async function* differingBlocks(
  { entry, different, belief }: BlockWork,
  { snapshot, signal, keptBlocks }: ArchiveContents,
): AsyncGenerator<FileContent> {
  const missing = new Set([...different].filter((index) => !keptBlocks?.has(blockName(entry, index))));
  const proven = (index: number, block: Uint8Array) => {
    // Read in part only, which the hash of the whole says nothing of.
    if (belief !== undefined && hash('sha256', block) !== belief.wanted[index]) throw changed(entry.path);
    return textFile(`blocks/${blockName(entry, index)}`, block);
  };
  if (belief !== undefined && snapshot.range !== undefined) {
    for (const index of missing)
      yield proven(index, await snapshot.range(entry, blockRange(entry, index), signal));
    return;
  }
  if (missing.size === 0) return;
  for await (const { chunks } of snapshot.read([entry], signal)) {
    let index = 0;
    for await (const block of blocksOf(entry, chunks)) {
      if (missing.delete(index)) yield proven(index, block);
      if (missing.size === 0) return;
      index += 1;
    }
  }
}

export function moved(entry: ManifestEntry): ManifestEntry {
  return { ...entry, path: inTree(entry.path) };
}

function inTree(path: string): string {
  return `tree/${path}`;
}
