import type { Place } from './place.ts';

/** The link that one request renames over `current`. */
export function armedLink({ at }: Place): string {
  return at('.cutover', 'tmp', 'armed');
}

/** A switch that is armed, or whose message is still under way, finds nothing any more to rename. */
export async function disarm(place: Place): Promise<void> {
  await place.sftp.unlink(armedLink(place));
}
