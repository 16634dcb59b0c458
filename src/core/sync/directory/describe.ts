import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { bytesOf, type RawPath, rawPath } from '../exclusion.ts';
import type { KnownBlocks } from '../knownBlocks.ts';
import type { Manifest, ManifestEntry } from '../types.ts';
import type { Disk } from './disk.ts';
import { attempt, openFile } from './openFile.ts';
import type { StatCache } from './statCache.ts';
import type { Found } from './walk.ts';

/** What stands under `root`, in the order of `found`. A file is read unless `cache` knows its hash. */
export async function describeAll(
  root: RawPath,
  found: readonly Found[],
  cache: StatCache | null,
  disk: Disk,
  signal: AbortSignal,
  blocks: KnownBlocks,
): Promise<Manifest> {
  const entries: ManifestEntry[] = [];
  for (const [index, item] of found.entries()) {
    if (index % FILES_AT_A_TIME === 0) await breathe(signal);
    if (item.kind !== 'file') entries.push(describe(item));
    else {
      const absolute = bytesOf(`${root}/${rawPath(item.path)}`);
      const known = cache === null ? null : recall(absolute, item.path, cache, disk);
      entries.push(known ?? (await readEntry(absolute, item.path, cache, disk, signal, blocks)));
    }
  }
  return entries;
}

/** After so many files the event loop gets its turn. */
export const FILES_AT_A_TIME = 64;

export async function breathe(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await setImmediate();
}

function describe(found: Found): ManifestEntry {
  const { path } = found;
  if (found.kind !== 'link') return { path, kind: found.kind, mode: 0o755, sizeBytes: 0, hash: '' };
  const { target } = found;
  const sizeBytes = Buffer.byteLength(target);
  return { path, kind: 'link', mode: 0o777, sizeBytes, hash: hash('sha256', target), target };
}

function recall(absolute: Buffer, path: string, cache: StatCache, disk: Disk): ManifestEntry | null {
  if (!cache.knows(path)) return null;
  const stat = attempt(Buffer.from(path), () => disk.lstat(absolute));
  const known = cache.find(path, stat);
  return known === null ? null : entryOf(path, Number(stat.mode), Number(stat.size), known);
}

async function readEntry(
  absolute: Buffer,
  path: string,
  cache: StatCache | null,
  disk: Disk,
  signal: AbortSignal,
  blocks: KnownBlocks,
): Promise<ManifestEntry> {
  const file = openFile(absolute, Buffer.from(path), disk);
  const read = await file.hash(signal);
  if (read.stat !== null) cache?.keep(path, read.stat, read.hash);
  if (read.blocks.length > 0) await blocks.keep({ ...read, sizeBytes: file.sizeBytes });
  return entryOf(path, file.mode, file.sizeBytes, read.hash);
}

function entryOf(path: string, mode: number, sizeBytes: number, hash: string): ManifestEntry {
  return { path, kind: 'file', mode: (mode & 0o100) === 0 ? 0o644 : 0o755, sizeBytes, hash };
}
