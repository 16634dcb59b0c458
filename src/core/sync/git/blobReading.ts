import type { KnownBlocks } from '../knownBlocks.ts';
import { type Blob, readBlobs } from './blobs.ts';
import type { Repository } from './command.ts';
import { missingObject, type Objects } from './objects.ts';

/** How the contents of blobs are come by. */
export interface BlobReading {
  /** In this order. Throws `E_SOURCE` for an object that the repository lacks. */
  read(repository: Repository, objects: readonly string[], signal: AbortSignal): AsyncGenerator<Blob>;
  /** What is known of contents that were read once, also by other runs. */
  readonly known: KnownBlobs;
  /** Of large contents, by `contentOf`. */
  readonly blocks: KnownBlocks;
}

/** The content of a blob, to `Snapshot.blocks`. */
export function contentOf(object: string): string {
  return `${CONTENT}${object}`;
}

/** Null: it is named by something else. */
export function blobNamedBy(content: string): string | null {
  return content.startsWith(CONTENT) ? content.slice(CONTENT.length) : null;
}

const CONTENT = 'git-';

export interface KnownBlob {
  readonly sizeBytes: number;
  /** sha256, hex. */
  readonly hash: string;
}

/** By the names of the objects, which never have another content. */
export interface KnownBlobs {
  find(objects: readonly string[]): Promise<ReadonlyMap<string, KnownBlob>>;
  add(found: ReadonlyMap<string, KnownBlob>): Promise<void>;
}

export const NOTHING_KNOWN: KnownBlobs = {
  find: async () => new Map(),
  add: async () => undefined,
};

/** Through the one that is open for the repository `own`; others are read by themselves. */
export function readingThrough(
  own: Repository,
  objects: Objects,
  known: KnownBlobs,
  blocks: KnownBlocks,
): BlobReading {
  return {
    known,
    blocks,
    read: async function* (repository, names, signal) {
      if (repository !== own) return yield* readBlobs(repository, names, signal);
      let index = 0;
      for await (const blob of objects.stream(names, signal)) {
        if (blob?.type !== 'blob') throw missingObject(repository.path, names[index] as string);
        yield blob;
        index += 1;
      }
    },
  };
}

export interface KeepingReading extends BlobReading {
  /** Contents that were read, by the names of their objects. */
  readonly kept: ReadonlyMap<string, Uint8Array>;
}

/** Keeps small contents in memory, so that what was read to be hashed need not be read again to be sent. */
export function keeping({ known, blocks, read }: BlobReading): KeepingReading {
  const kept = new Map<string, Uint8Array>();
  let keptBytes = 0;

  async function* chunksOf({ object, chunks }: Blob): AsyncGenerator<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) {
      parts.push(chunk);
      yield chunk;
    }
    kept.set(object, Buffer.concat(parts));
  }

  return {
    known,
    blocks,
    kept,
    read: async function* (repository, names, signal) {
      for await (const blob of read(repository, names, signal)) {
        const isKept = blob.sizeBytes <= LARGEST_KEPT_BYTES && keptBytes + blob.sizeBytes <= MOST_KEPT_BYTES;
        if (isKept) keptBytes += blob.sizeBytes;
        yield isKept ? { ...blob, chunks: chunksOf(blob) } : blob;
      }
    },
  };
}

const LARGEST_KEPT_BYTES = 1_048_576;
const MOST_KEPT_BYTES = 8_388_608;
