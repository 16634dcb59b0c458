import { bytesOf } from '../exclusion.ts';
import { type BlockList, listBlocks } from '../knownBlocks.ts';
import { targetProblem } from '../names.ts';
import type { Refusal } from '../refusal.ts';
import type { ManifestEntry } from '../types.ts';
import { type BlobReading, contentOf } from './blobReading.ts';
import type { Blob } from './blobs.ts';
import type { Repository } from './command.ts';
import { looksLikePointer, POINTER_BYTES } from './lfs.ts';
import type { TreeItem } from './tree.ts';

/** What is to be known of one content. */
export interface Digest {
  readonly sizeBytes: number;
  readonly hash: string;
  /** Of links and pointers, else empty. */
  readonly text: Buffer;
}

/** Reads every object once, whatever its size. Of files that are known nothing is read. */
export async function digestBlobs(
  { read, known: knownBlobs, blocks }: BlobReading,
  repository: Repository,
  items: readonly TreeItem[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Digest>> {
  const withContent = items.filter((item) => item.kind === 'file' || item.kind === 'link');
  const objects = [...new Set(withContent.map((item) => item.object))];
  const links = new Set(items.filter((item) => item.kind === 'link').map((item) => item.object));
  const before = await knownBlobs.find(objects.filter((object) => !links.has(object)));
  const digests = new Map<string, Digest>();
  for (const [object, blob] of before) digests.set(object, { ...blob, text: EMPTY });
  const plain = new Map<string, Digest>();
  const unread = objects.filter((object) => !digests.has(object));
  for await (const blob of read(repository, unread, signal)) {
    const found = await digest(blob, links.has(blob.object) || blob.sizeBytes < POINTER_BYTES);
    const hasText = links.has(blob.object) || looksLikePointer(found.text);
    const { sizeBytes, hash } = found;
    const known = { sizeBytes, hash, text: hasText ? found.text : EMPTY };
    if (found.blocks.length > 0) await blocks.keep(found, contentOf(blob.object));
    digests.set(blob.object, known);
    if (!hasText) plain.set(blob.object, known);
  }
  await knownBlobs.add(plain);
  return digests;
}

export async function digest(content: Omit<Blob, 'object'>, keepText = false): Promise<Digest & BlockList> {
  const kept: Uint8Array[] = [];
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of content.chunks) {
      if (keepText) kept.push(chunk);
      yield chunk;
    }
  }
  const list = await listBlocks(content.sizeBytes, keepText ? chunks() : content.chunks);
  return { ...list, text: Buffer.concat(kept) };
}

/** What the text of a link has against it. */
export function contentRefusals(
  items: readonly TreeItem[],
  digests: ReadonlyMap<string, Digest>,
): readonly Refusal[] {
  return items.flatMap((item) => {
    if (item.kind !== 'link') return [];
    const path = bytesOf(item.path);
    const reason = targetProblem(path.toString(), digests.get(item.object)?.text ?? EMPTY);
    return reason === null ? [] : [{ path, reason }];
  });
}

/** The manifest's entry of an item; `digest` is that of its blob, or of what git-archive makes of it. */
export function entryOf(item: TreeItem, digest: Digest | undefined): ManifestEntry {
  const path = bytesOf(item.path).toString();
  if (item.kind === 'directory' || digest === undefined) {
    return { path, kind: 'directory', mode: 0o755, sizeBytes: 0, hash: '' };
  }
  const { sizeBytes, hash, text } = digest;
  if (item.kind === 'link')
    return { path, kind: 'link', mode: 0o777, sizeBytes, hash, target: text.toString() };
  return { path, kind: 'file', mode: item.executable ? 0o755 : 0o644, sizeBytes, hash };
}

const EMPTY = Buffer.alloc(0);
