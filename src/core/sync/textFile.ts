import type { FileContent, ManifestEntry } from './types.ts';

/** A file of an archive that is in memory. */
export function textFile(path: string, content: string | Uint8Array): FileContent {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const entry: ManifestEntry = { path, kind: 'file', mode: 0o600, sizeBytes: bytes.length, hash: '' };
  return { entry, chunks: once(bytes) };
}

/** One whose text is made twice, a part at a time, instead of being held: once for its size. */
export function longTextFile(path: string, parts: () => Iterable<string>): FileContent {
  let sizeBytes = 0;
  for (const part of parts()) sizeBytes += Buffer.byteLength(part);
  const entry: ManifestEntry = { path, kind: 'file', mode: 0o600, sizeBytes, hash: '' };
  return { entry, chunks: each(parts()) };
}

async function* each(parts: Iterable<string>): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
