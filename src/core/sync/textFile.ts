import type { FileContent, ManifestEntry } from './types.ts';

/** A file of an archive that is in memory. */
export function textFile(path: string, content: string | Uint8Array): FileContent {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const entry: ManifestEntry = { path, kind: 'file', mode: 0o600, sizeBytes: bytes.length, hash: '' };
  return { entry, chunks: once(bytes) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
