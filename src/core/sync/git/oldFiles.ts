import { bytesOf, type RawPath } from '../exclusion.ts';
import type { ChangesQuestion } from './changesBetween.ts';
import { digestArchived } from './describePart.ts';
import { looksLikePointer, POINTER_BYTES, storedSize } from './lfs.ts';
import type { Part } from './parts.ts';
import type { TreeItem } from './tree.ts';
import { Unknown } from './unknown.ts';

export interface OldFile {
  readonly sizeBytes: number;
  readonly mode: number;
  /** Only where it had to be found out. */
  readonly hash: string | null;
}

/**
 * The files that a tree held, by their paths, mostly without reading them. Throws `Unknown` where an object is missing,
 * or is a pointer of Git LFS that was not resolved.
 */
export async function oldFiles(
  { objects, signal }: Pick<ChangesQuestion, 'objects' | 'signal'>,
  part: Part,
): Promise<ReadonlyMap<string, OldFile>> {
  const files = part.items.filter((item) => item.kind === 'file');
  const sizes = await sizesOf(objects, files, signal);
  const small = files.filter((item) => sizes.get(item.object)! < POINTER_BYTES && part.isStored(item));
  const stored = await storedSizes(objects, small, signal);
  const converted = files.filter((item) => part.isConverted(item) && !stored.has(item.path));
  const archived = await digestArchived(part, converted, signal);
  return new Map(
    files.map((item) => {
      const made = archived.get(item.path);
      const sizeBytes = stored.get(item.path) ?? made?.sizeBytes ?? sizes.get(item.object)!;
      const mode = item.executable ? 0o755 : 0o644;
      return [bytesOf(item.path).toString(), { sizeBytes, mode, hash: made?.hash ?? null }];
    }),
  );
}

async function sizesOf(
  objects: ChangesQuestion['objects'],
  files: readonly TreeItem[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const names = [...new Set(files.map((item) => item.object))];
  const found = await objects.info(names, signal);
  return new Map(
    found.map((each, index) => {
      if (each?.type !== 'blob') throw new Unknown();
      return [names[index] as string, each.sizeBytes];
    }),
  );
}

/** Only pointers with the attribute were ever deployed. */
async function storedSizes(
  objects: ChangesQuestion['objects'],
  files: readonly TreeItem[],
  signal: AbortSignal,
): Promise<ReadonlyMap<RawPath, number>> {
  const contents = await objects.contents(
    files.map((item) => item.object),
    signal,
  );
  const sizes = new Map<RawPath, number>();
  for (const [index, { path }] of files.entries()) {
    const text = contents[index]?.content;
    if (text === undefined) throw new Unknown();
    if (!looksLikePointer(text)) continue;
    const sizeBytes = storedSize(text);
    if (sizeBytes === null) throw new Unknown();
    sizes.set(path, sizeBytes);
  }
  return sizes;
}
