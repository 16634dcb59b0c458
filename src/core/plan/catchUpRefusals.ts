import { isReleaseId } from '../release/id.ts';
import type { Observation } from '../remote/observation.ts';
import type { GroupRelease } from './groupRelease.ts';
import { pinInWords } from './notes.ts';
import type { Refusal } from './refusals.ts';

/** Why a server that is behind cannot be brought to the release of its group. `unpin`: it may undo a rollback. Pure. */
export function catchUpRefusals(
  server: string,
  seen: Observation,
  { release }: GroupRelease,
  { environment, unpin }: { readonly environment: string; readonly unpin: boolean },
): readonly Refusal[] {
  if (seen.releases.includes(release)) {
    const why = `the release ${release} is there already, and another one is live`;
    return [{ server, why, fix: `cutover rollback ${environment} --to ${release} --server ${server}` }];
  }
  const newer = seen.releases.filter((id) => isReleaseId(id) && id > release);
  const pinned = unpin ? null : pinInWords(seen);
  return [
    ...(newer.length === 0
      ? []
      : [
          {
            server,
            why: `it has ${newer.join(', ')}, which is newer than ${release}`,
            fix: `A new release brings all together: cutover deploy ${environment}`,
          },
        ]),
    ...(pinned === null ? [] : [{ server, why: pinned, fix: `cutover catch-up ${environment} --unpin` }]),
  ];
}
