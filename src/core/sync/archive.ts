import { hash } from 'node:crypto';
import { type BlockWork, blockBytesOf, blockName, blockRange, blocksOf, missingBlocks } from './blocks.ts';
import { formatCacheHead } from './cacheHead.ts';
import { changed } from './fidelity.ts';
import { listOf, makingLists } from './makingLists.ts';
import { segmentParts } from './manifestText.ts';
import { packTar } from './packTar.ts';
import type { Reuse } from './reuse.ts';
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
  const directories = directoriesOf(contents);
  return packFirst(contents, readContents(contents), { directories, othersEnded: async () => {} });
}

interface First {
  readonly directories: readonly string[];
  readonly othersEnded: () => Promise<void>;
}

/** Directories, these contents, and what goes last, which waits for `othersEnded`. */
export function packFirst(
  contents: ArchiveContents,
  files: AsyncIterable<FileContent>,
  { directories, othersEnded }: First,
): AsyncIterable<Uint8Array> {
  const { diff } = contents.work;
  async function* all(): AsyncGenerator<FileContent> {
    yield* files;
    await othersEnded();
    yield* lastFiles(contents);
  }
  return packTar(
    {
      directories,
      links: diff.upload.filter((entry) => entry.kind === 'link').map(moved),
      files: all(),
    },
    contents.modifiedAtSec,
  );
}

/** What is sent, in bytes. */
export function bytesToSend(contents: ArchiveContents): number {
  const { blocks = [], keptBlocks } = contents;
  const whole = wholeOnes(contents).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return blocks.reduce(
    (sum, each) => sum + missingBlocks(each, keptBlocks).size * blockBytesOf(each.entry.sizeBytes),
    whole,
  );
}

export function directoriesOf({ work }: ArchiveContents): readonly string[] {
  return ['tree', ...work.diff.directories.map(inTree)];
}

/** What is sent of files: whole ones, then blocks. */
export async function* readContents(contents: ArchiveContents): AsyncGenerator<FileContent> {
  const { work, blocks = [], snapshot, signal, onProgress } = contents;
  let doneBytes = 0;
  const done = ({ sizeBytes }: ManifestEntry) => {
    doneBytes += sizeBytes;
    onProgress(Math.min(doneBytes, work.diff.bytes));
  };
  for await (const { entry, chunks } of snapshot.read(wholeOnes(contents), signal)) {
    yield { entry: moved(entry), chunks };
    done(entry);
  }
  for (const each of blocks) {
    yield* differingBlocks(each, contents);
    done(each.entry);
  }
}

/** Files that are sent whole. */
export function wholeOnes(contents: ArchiveContents): readonly ManifestEntry[] {
  const { work, kept, blocks = [] } = contents;
  const made = new Set([...reusedOnes(contents), ...blocks].map(({ entry }) => entry.path));
  return work.diff.upload.filter(
    (entry) => entry.kind === 'file' && !kept?.has(entry.path) && !made.has(entry.path),
  );
}

function reusedOnes({ work, resent }: ArchiveContents): readonly Reuse[] {
  return work.reuse.filter(({ entry }) => !resent?.has(entry.path));
}

function* lastFiles(contents: ArchiveContents): Generator<FileContent> {
  const { work, kept, blocks = [] } = contents;
  yield* makingLists(reusedOnes(contents), blocks, kept);
  yield textFile('directories', work.expected.map((path) => `./${path}\n`).join(''));
  yield textFile('remove', listOf(work.diff.remove));
  yield longTextFile('segment', () => segmentParts(work.segment));
  yield textFile('head', formatCacheHead(work.head));
  yield textFile('complete', contents.release);
}

async function* differingBlocks(
  work: BlockWork,
  { snapshot, signal, keptBlocks }: ArchiveContents,
): AsyncGenerator<FileContent> {
  const { entry, belief } = work;
  const missing = new Set(missingBlocks(work, keptBlocks));
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

export function inTree(path: string): string {
  return `tree/${path}`;
}
