import { parseCacheHead } from '../../sync/cacheHead.ts';
import { readSegments } from '../../sync/manifestText.ts';
import type { CacheKnowledge } from '../../sync/syncWork.ts';
import type { CachedManifest } from '../../sync/types.ts';
import { type Place, readText } from './place.ts';

/** All segments of the manifest, and of the one that an interrupted upload was about to commit. Changes nothing. */
export async function readManifests(place: Place): Promise<CacheKnowledge> {
  const cache = await place.sftp.stat(place.at('deploy-cache'));
  if (cache?.kind !== 'directory') return { manifest: null, pending: null };
  const [manifest, pending] = await Promise.all([
    readManifest(place, 'cache'),
    readManifest(place, 'cache.next'),
  ]);
  return { manifest, pending };
}

/** Null when there is none, or nobody can read it. */
export async function readManifest(
  place: Place,
  head: 'cache' | 'cache.next',
): Promise<CachedManifest | null> {
  const text = await readText(place, place.at('.cutover', head));
  if (text === null) return null;
  const names = segmentsOf(text);
  const texts = await Promise.all(names.map((name) => readText(place, segmentPath(place, name))));
  if (names.length === 0 || texts.includes(null)) return null;
  try {
    return readSegments(texts as readonly string[]);
  } catch {
    return null;
  }
}

/** The names in a head; none when it cannot be read. */
export function segmentsOf(head: string): readonly string[] {
  try {
    return parseCacheHead(head).segments;
  } catch {
    return [];
  }
}

export function segmentPath({ at }: Place, name: string): string {
  return at('.cutover', 'manifests', name);
}
