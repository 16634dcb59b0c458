import { CutoverError } from '../contract/index.ts';
import { nextReleaseId, releaseTimeSec } from '../release/id.ts';
import type { Engine, Fence } from '../remote/engine.ts';
import type { Observation } from '../remote/observation.ts';
import { diffManifests } from '../sync/diff.ts';
import { planMending } from '../sync/mending.ts';
import { packRepair } from '../sync/repairArchive.ts';
import type { CachedManifest, Snapshot } from '../sync/types.ts';
import type { CacheDifference } from '../sync/verification.ts';
import { type FindContent, releaseOfSegment } from './cacheSource.ts';

export interface MendRequest {
  readonly engine: Engine;
  readonly fence: Fence;
  /** Under the lock. */
  readonly seen: Observation;
  readonly environment: string;
  readonly differences: readonly CacheDifference[];
  readonly now: Date;
  readonly findContent: FindContent;
  readonly cancel: AbortSignal;
}

/**
 * Makes the cache again what its manifest says, where it differs, and every release that shares a wrong file with it.
 * May be cut short anywhere and begun anew. Throws `E_REFUSED` with nothing touched when the source cannot give what was
 * uploaded, or when an interrupted upload has to be ended first.
 */
export async function mendCache(request: MendRequest): Promise<void> {
  const { engine, fence, seen, cancel } = request;
  const { head } = seen.cache;
  const held = await readHeld(request);
  if (head === null || held === null) return;
  const release = nameOf(request);
  const modifiedAtSec = releaseTimeSec(release);
  const mending = planMending(held, head, request.differences, { release, modifiedAtSec });
  const { sync, send, copy } = mending;
  const content = await request.findContent(engine.server, seen, send);
  cancel.throwIfAborted();
  if (sync !== null) {
    const sending = { release, work: sync, snapshot: NO_FILES, modifiedAtSec, onProgress: () => {}, cancel };
    await engine.sync(fence, sending, patiently());
  }
  if (send.length + copy.length === 0) return;
  const signal = patiently();
  const archive = () => packRepair({ release, send, copy, snapshot: content, signal });
  await engine.repair(fence, { release, otherReleases: true, archive }, signal);
}

const NO_FILES: Pick<Snapshot, 'read'> = { async *read() {} };

const MEND_DEADLINE_MS = 60 * 60_000;

function patiently(): AbortSignal {
  return AbortSignal.timeout(MEND_DEADLINE_MS);
}

/** A repair that was cut short leaves the same manifest to be committed; that stops nobody. */
async function readHeld({ engine, environment, cancel }: MendRequest): Promise<CachedManifest | null> {
  const { manifest, pending } = await engine.manifest(cancel);
  const isSame =
    pending === null ||
    (manifest !== null &&
      diffManifests(manifest, pending, { suspect: new Set(), full: false }).changes.length === 0);
  if (isSame) return manifest;
  throw new CutoverError(
    'E_REFUSED',
    `${engine.server}: an upload to the deploy-cache was interrupted, and nobody knows how far it came: the next deployment sends that again. Nothing was changed there.`,
    { server: engine.server, hint: `cutover deploy ${environment}` },
  );
}

/** No release has this id: all of them are mended. Nor has a segment that is needed still. */
function nameOf({ seen, now }: MendRequest): string {
  const segments = seen.cache.head?.segments ?? [];
  return nextReleaseId(now, [...seen.releases, ...segments.map(releaseOfSegment)]);
}
