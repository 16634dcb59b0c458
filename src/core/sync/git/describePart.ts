import type { RawPath } from '../exclusion.ts';
import type { Refusal } from '../refusal.ts';
import type { ManifestEntry } from '../types.ts';
import { readArchived } from './archive.ts';
import type { BlobReading } from './blobReading.ts';
import type { Origin } from './contents.ts';
import { contentRefusals, type Digest, digest, digestBlobs, entryOf } from './describe.ts';
import { resolvePointers, type StoredObject } from './lfs.ts';
import { type Part, pathInside } from './parts.ts';
import type { TreeItem } from './tree.ts';

/** A part whose objects were read. */
export interface ReadPart {
  readonly part: Part;
  /** By the names of the objects. */
  readonly blobs: ReadonlyMap<string, Digest>;
  /** By the paths of their pointers. */
  readonly stored: ReadonlyMap<RawPath, StoredObject>;
  /** What contents have against them. */
  readonly refusals: readonly Refusal[];
}

/** Reads every object of a part once, unless it is known. */
export async function readPart(part: Part, signal: AbortSignal, reading: BlobReading): Promise<ReadPart> {
  const blobs = await digestBlobs(reading, part.repository, part.items, signal);
  const { stored, refusals } = await resolvePointers(part, blobs, signal);
  return { part, blobs, stored, refusals: [...contentRefusals(part.items, blobs), ...refusals] };
}

export interface DescribedItem {
  readonly entry: ManifestEntry;
  readonly origin: Origin | null;
}

/** What the manifest says of each item, and where its content is; null for what has none. */
export async function describePart(read: ReadPart, signal: AbortSignal): Promise<readonly DescribedItem[]> {
  const { part, blobs, stored } = read;
  const converted = part.items.filter((item) => part.isConverted(item) && !stored.has(item.path));
  const archived = await digestArchived(part, converted, signal);
  return part.items.map((item) => {
    const known = stored.get(item.path)?.digest ?? archived.get(item.path) ?? blobs.get(item.object);
    return { entry: entryOf(item, known), origin: originOf(read, archived, item) };
  });
}

function originOf(
  { part, stored }: ReadPart,
  archived: ReadonlyMap<RawPath, Digest>,
  item: TreeItem,
): Origin | null {
  if (item.kind !== 'file') return null;
  const { repository, commit } = part;
  const object = stored.get(item.path);
  if (object !== undefined) return { from: 'file', file: object.file };
  if (!archived.has(item.path)) return { from: 'blob', repository, object: item.object };
  return { from: 'archive', repository, commit, path: pathInside(part, item) };
}

export async function digestArchived(
  part: Part,
  items: readonly TreeItem[],
  signal: AbortSignal,
): Promise<ReadonlyMap<RawPath, Digest>> {
  const { repository, commit, prefix, mount } = part;
  const paths = items.map((item) => pathInside(part, item)).sort();
  const digests = new Map<RawPath, Digest>();
  for await (const file of readArchived(repository, commit, paths, signal)) {
    digests.set(mount + file.path.slice(prefix.length), await digest(file));
  }
  return digests;
}
