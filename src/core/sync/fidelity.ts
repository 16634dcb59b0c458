import { createHash } from 'node:crypto';
import { CutoverError } from '../contract/index.ts';
import { printable } from './names.ts';
import type { ManifestEntry } from './types.ts';

/**
 * The same chunks, compared with the entry's size and hash. The last one is held back until they agree, so that no
 * one who reads to the end gets a whole file of wrong content. Chunks must not be reused by their maker.
 */
export async function* faithful(
  entry: ManifestEntry,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let last: Uint8Array | null = null;
  for await (const chunk of chunks) {
    if (last !== null) yield last;
    hash.update(chunk);
    sizeBytes += chunk.length;
    last = chunk;
    if (sizeBytes > entry.sizeBytes) break;
  }
  if (sizeBytes !== entry.sizeBytes || hash.digest('hex') !== entry.hash) throw changed(entry.path);
  if (last !== null) yield last;
}

export function changed(path: Uint8Array | string): CutoverError {
  return new CutoverError('E_SOURCE', `${printable(path)} changed while it was being read.`, {
    hint: 'Deploy again when nothing writes to the source any more.',
  });
}
