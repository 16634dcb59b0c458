import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { quoteAll } from '../../contract/index.ts';
import { bytesOf, type RawPath } from '../exclusion.ts';
import type { Refusal } from '../refusal.ts';
import { type Repository, textOf, tryGit } from './command.ts';
import type { Digest } from './describe.ts';
import type { Part } from './parts.ts';
import { commonDirectoryOf } from './places.ts';
import type { TreeItem } from './tree.ts';

/** git-lfs, docs/spec.md: "Pointer files must be less than 1024 bytes in size". */
export const POINTER_BYTES = 1024;

/** An object in the local store of Git LFS. */
export interface StoredObject {
  readonly file: string;
  readonly digest: Digest;
}

export interface ResolvedPointers {
  readonly stored: ReadonlyMap<RawPath, StoredObject>;
  readonly refusals: readonly Refusal[];
}

/** Whether somebody meant it as a pointer of Git LFS, be it one that can be read or not. */
export function looksLikePointer(text: Uint8Array): boolean {
  return MEANT.test(Buffer.from(text).toString('latin1'));
}

/** How large the content is for which a pointer stands; null when the text cannot be read. */
export function storedSize(text: Uint8Array): number | null {
  const size = READABLE.exec(Buffer.from(text).toString('latin1'))?.[2];
  return size === undefined ? null : Number(size);
}

/**
 * What stands for the pointers among the files of a part. Nothing is read but the pointers: the name of an object is
 * its sha256. Pointers without the attribute `filter=lfs` are refused, because no checkout would resolve them.
 */
export async function resolvePointers(
  part: Part,
  blobs: ReadonlyMap<string, Digest>,
  signal: AbortSignal,
): Promise<ResolvedPointers> {
  const textAt = (item: TreeItem) => blobs.get(item.object)?.text ?? EMPTY;
  const pointers = part.items.filter((item) => item.kind === 'file' && looksLikePointer(textAt(item)));
  const stored = new Map<RawPath, StoredObject>();
  const refusals: Refusal[] = [];
  if (pointers.length === 0) return { stored, refusals };
  const stores = await storesOf(part.repository, signal);
  for (const item of pointers) {
    const found = part.isStored(item) ? await find(stores, textAt(item), part) : NOT_STORED;
    if ('file' in found) stored.set(item.path, found);
    else refusals.push({ path: bytesOf(item.path), ...found });
  }
  return { stored, refusals };
}

const NOT_STORED = {
  reason: 'is a pointer of Git LFS, but has no attribute filter=lfs that would bring its content',
};

const EMPTY = Buffer.alloc(0);

/** Pointers were also checked in with other line ends, and without the last one; git-lfs reads these too. */
const MEANT =
  /^version https:\/\/git-lfs\.github\.com\/spec\/v1\r?\n(?:.*\n)*oid sha256:[0-9a-f]{64}\r?(?:\n|$)/;
const READABLE = /^version \S+\s+oid sha256:([0-9a-f]{64})\s+size (\d+)\s*$/;

async function find(
  stores: readonly string[],
  text: Uint8Array,
  { repository, commit }: Part,
): Promise<StoredObject | Omit<Refusal, 'path'>> {
  const [, hash, size] = READABLE.exec(Buffer.from(text).toString('latin1')) ?? [];
  if (hash === undefined) return { reason: 'is a pointer of Git LFS that only git-lfs can read' };
  const digest = { sizeBytes: Number(size), hash, text: EMPTY };
  for (const store of stores) {
    const file = await objectAt(join(store, hash.slice(0, 2), hash.slice(2, 4), hash), digest.sizeBytes);
    if (file !== null) return { file, digest };
  }
  return {
    reason: 'is in Git LFS, and its content was not fetched',
    remedy: quoteAll(['git', '-C', repository.path, 'lfs', 'fetch', 'origin', commit]),
  };
}

/** As git-lfs, which takes one of another size for one that is not there. */
async function objectAt(path: string, sizeBytes: number): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  return found?.isFile() && found.size === sizeBytes ? realpath(path) : null;
}

/** The repository's own, and those of the repositories from which it borrows objects. */
async function storesOf(repository: Repository, signal: AbortSignal): Promise<readonly string[]> {
  const common = await commonDirectoryOf(repository);
  const configured = textOf((await tryGit(repository, ['config', '-z', 'lfs.storage'], { signal })).stdout);
  const objects = join(common, 'objects');
  const alternates = await readFile(join(objects, 'info/alternates'), 'utf8').catch(() => '');
  const borrowed = alternates.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return [
    resolve(common, configured.replace(/\0$/, '') || 'lfs', 'objects'),
    ...borrowed.map((line) => join(dirname(resolve(objects, line)), 'lfs', 'objects')),
  ];
}
