import { type RawPath, rawPath } from '../exclusion.ts';
import { faithful } from '../fidelity.ts';
import type { FileContent, ManifestEntry } from '../types.ts';
import { readArchived } from './archive.ts';
import { readBlobs } from './blobs.ts';
import type { Repository } from './command.ts';

/** Where the content of each file of a commit is. */
export interface Contents {
  readonly repository: Repository;
  readonly commit: string;
  /** Paths of the manifest are below it; empty or with a slash at its end. */
  readonly prefix: RawPath;
  /** The blob of each path of the manifest, or null: as git-archive converts it. */
  readonly objects: ReadonlyMap<string, string | null>;
}

/** Compared with the manifest while they are read. */
export async function* readContents(
  contents: Contents,
  entries: readonly ManifestEntry[],
  signal: AbortSignal,
): AsyncGenerator<FileContent> {
  const files = entries.filter((entry) => entry.kind === 'file');
  for (const stretch of stretches(files, contents)) {
    const chunked = open(contents, stretch, signal);
    let index = 0;
    for await (const { chunks } of chunked) {
      const entry = stretch[index] as ManifestEntry;
      yield { entry, chunks: faithful(entry, chunks) };
      index += 1;
    }
  }
}

/** Neighbours that one git process can give in this order. */
function stretches(files: readonly ManifestEntry[], contents: Contents): ManifestEntry[][] {
  const found: ManifestEntry[][] = [];
  let before: ManifestEntry | undefined;
  for (const entry of files) {
    const blob = isBlob(contents, entry);
    const goesOn =
      before !== undefined &&
      blob === isBlob(contents, before) &&
      (blob || rawPath(before.path) < rawPath(entry.path));
    if (goesOn) found.at(-1)?.push(entry);
    else found.push([entry]);
    before = entry;
  }
  return found;
}

function isBlob(contents: Contents, entry: ManifestEntry): boolean {
  return typeof contents.objects.get(entry.path) === 'string';
}

function open(
  { repository, commit, prefix, objects }: Contents,
  stretch: readonly ManifestEntry[],
  signal: AbortSignal,
): AsyncIterable<{ readonly chunks: AsyncIterable<Uint8Array> }> {
  const blobs = stretch.map((entry) => objects.get(entry.path) ?? null).filter((object) => object !== null);
  if (blobs.length > 0) return readBlobs(repository, blobs, signal);
  const paths = stretch.map((entry) => prefix + rawPath(entry.path));
  return readArchived(repository, commit, paths, signal);
}
