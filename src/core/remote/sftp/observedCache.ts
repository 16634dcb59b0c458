import { createHash } from 'node:crypto';
import { type CacheHead, parseCacheHead } from '../../sync/cacheHead.ts';
import type { ObservedCache } from '../observation.ts';

/** A head that cannot be read says nothing about the cache, which is then built anew. `next`: what is about to replace it. */
export function observedCache(head: string | null, next: string | null): ObservedCache {
  const hash =
    head === null
      ? null
      : createHash('sha256')
          .update(`${head}\0${next ?? ''}`)
          .digest('hex');
  return { head: head === null ? null : readHead(head), pending: next !== null, hash };
}

function readHead(text: string): CacheHead | null {
  try {
    return parseCacheHead(text);
  } catch {
    return null;
  }
}
