import { Readable } from 'node:stream';
import { openFile } from '../directory/openFile.ts';
import type { RawPath } from '../exclusion.ts';
import { faithful } from '../fidelity.ts';
import type { FileContent, ManifestEntry } from '../types.ts';
import { readArchived } from './archive.ts';
import { readBlobs } from './blobs.ts';
import type { Repository } from './command.ts';

/** Where the content of a file is: in a blob, in what git-archive makes of a path, or in a file of its own. */
export type Origin =
  | { readonly from: 'blob'; readonly repository: Repository; readonly object: string }
  | {
      readonly from: 'archive';
      readonly repository: Repository;
      readonly commit: string;
      /** From the top of the commit. */
      readonly path: RawPath;
    }
  | { readonly from: 'file'; readonly file: string };

/** By the paths of the manifest. */
export type Contents = ReadonlyMap<string, Origin>;

/** Compared with the manifest while they are read. `kept`: blobs that are in memory, by their names. */
export async function* readContents(
  contents: Contents,
  entries: readonly ManifestEntry[],
  signal: AbortSignal,
  kept: ReadonlyMap<string, Uint8Array> = new Map(),
): AsyncGenerator<FileContent> {
  const wanted = entries.filter((entry) => entry.kind === 'file');
  const files = wanted.map((entry) => located(contents, kept, entry));
  for (const stretch of stretches(files)) {
    let index = 0;
    for await (const { chunks } of open(stretch, signal)) {
      const { entry } = stretch[index] as Located;
      yield { entry, chunks: faithful(entry, chunks) };
      index += 1;
    }
  }
}

type Place = Origin | { readonly from: 'memory'; readonly content: Uint8Array };

interface Located {
  readonly entry: ManifestEntry;
  readonly origin: Place;
}

function located(contents: Contents, kept: ReadonlyMap<string, Uint8Array>, entry: ManifestEntry): Located {
  const origin = contents.get(entry.path);
  if (origin === undefined) throw new Error(`Nobody knows where the content of ${entry.path} is.`);
  const content = origin.from === 'blob' ? kept.get(origin.object) : undefined;
  return { entry, origin: content === undefined ? origin : { from: 'memory', content } };
}

/** Neighbours that one git process can give in this order. */
function stretches(files: readonly Located[]): Located[][] {
  const found: Located[][] = [];
  let before: Place | undefined;
  for (const file of files) {
    if (before !== undefined && follows(file.origin, before)) found.at(-1)?.push(file);
    else found.push([file]);
    before = file.origin;
  }
  return found;
}

function follows(origin: Place, before: Place): boolean {
  if (origin.from === 'file' || before.from === 'file') return false;
  if (origin.from === 'memory' || before.from === 'memory') return false;
  if (origin.repository !== before.repository) return false;
  if (origin.from === 'blob') return before.from === 'blob';
  return before.from === 'archive' && origin.commit === before.commit && before.path < origin.path;
}

async function* open(
  stretch: readonly Located[],
  signal: AbortSignal,
): AsyncGenerator<{ readonly chunks: AsyncIterable<Uint8Array> }> {
  const [{ entry, origin }] = stretch as [Located];
  if (origin.from === 'blob') {
    yield* readBlobs(origin.repository, stretch.map(objectOf), signal);
  } else if (origin.from === 'archive') {
    yield* readArchived(origin.repository, origin.commit, stretch.map(pathOf), signal);
  } else if (origin.from === 'memory') {
    yield { chunks: Readable.from([origin.content]) };
  } else {
    yield { chunks: readFile(origin.file, entry, signal) };
  }
}

function objectOf({ origin }: Located): string {
  return origin.from === 'blob' ? origin.object : '';
}

function pathOf({ origin }: Located): RawPath {
  return origin.from === 'archive' ? origin.path : '';
}

/** Opens only when it is read, so that a file nobody reads is not left open. */
async function* readFile(
  file: string,
  entry: ManifestEntry,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of openFile(Buffer.from(file), Buffer.from(entry.path)).chunks()) {
    signal.throwIfAborted();
    yield chunk;
  }
}
