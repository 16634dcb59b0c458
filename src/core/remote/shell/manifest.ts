import { readSegments } from '../../sync/manifestText.ts';
import type { CacheKnowledge } from '../../sync/syncWork.ts';
import type { CachedManifest } from '../../sync/types.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';

/**
 * Reads all segments of the manifest of the deploy-cache, and of the one that an interrupted upload was about to commit.
 * A power cut can leave NUL in a file, which is where our fields end. Changes nothing.
 */
export function manifestScript(path: string): Script {
  return { name: 'read the manifest', body: BODY, args: [path] };
}

const BODY = sh`
segments() {
  while IFS=' ' read -r word name; do
    if [ "$word" = segment ]; then
      printf '%s\000' "$2"
      tr -d '\000' <".cutover/manifests/$name" || :
      printf '\000'
    fi
  done <"$1"
}
enter "$1"
[ -d deploy-cache ] || return 0
for each in cache cache.next; do
  if [ -f ".cutover/$each" ]; then segments ".cutover/$each" "$each"; fi
done`;

export function readManifest(fields: Fields): CacheKnowledge {
  return { manifest: laidOver(fields.all('cache')), pending: laidOver(fields.all('cache.next')) };
}

function laidOver(segments: readonly string[]): CachedManifest | null {
  if (segments.length === 0) return null;
  try {
    return readSegments(segments);
  } catch {
    return null;
  }
}
