import { releaseTimeSec } from '../release/id.ts';
import type { Observation } from '../remote/observation.ts';
import { hasRoom, planChanges, planSync, type SyncWork } from '../sync/syncWork.ts';
import type { Snapshot } from '../sync/types.ts';
import type { Group } from './openGroup.ts';

export interface WorkRequest {
  readonly group: Group;
  readonly snapshot: Snapshot;
  readonly release: string;
  readonly full: boolean;
  readonly signal: AbortSignal;
}

/** What there is to do to each deploy-cache, by the name of the server. Changes nothing. */
export async function planWork(
  request: WorkRequest,
  seen: ReadonlyMap<string, Observation>,
): Promise<ReadonlyMap<string, SyncWork>> {
  const works = [...seen].map(async ([name, each]) => [name, await workFor(request, name, each)] as const);
  return new Map(await Promise.all(works));
}

/** From what the source knows to have changed; manifests are compared only where it does not. */
async function workFor(
  { group, snapshot, release, full, signal }: WorkRequest,
  server: string,
  { cache, tools }: Observation,
): Promise<SyncWork> {
  const reuses = REUSING.every((tool) => tools.has(tool));
  const target = { state: snapshot.state, release, modifiedAtSec: releaseTimeSec(release), reuses };
  // Which files these patterns name only a whole manifest can tell.
  const chooses = group.environment.unshare.length > 0;
  if (!full && !chooses && !cache.pending && hasRoom(cache.head)) {
    const changes = await snapshot.changesSince(cache.head.state, signal);
    if (changes !== null) return planChanges(cache.head, changes, target);
  }
  const held = full || cache.head === null ? NOTHING : await group.engines.get(server)!.manifest(signal);
  const { head, hash } = cache;
  return planSync({ ...held, head, hash }, await snapshot.manifest(signal), full, target);
}

/** What a server needs to copy files and to tell what is in them. */
const REUSING = ['cp', 'xargs', 'sha256sum'];

const NOTHING = { manifest: null, pending: null } as const;
