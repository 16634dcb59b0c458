import { CutoverError, errorCode } from '../../contract/index.ts';
import { releaseOf } from '../../release/paths.ts';
import type { Fence, PruneRequest } from '../engine.ts';
import { currentIs } from './activate.ts';
import { proveFence } from './fence.ts';
import { inParallel } from './parallel.ts';
import type { Place } from './place.ts';
import { record, rewriteLedger } from './records.ts';
import { isSpare, sparePath } from './spare.ts';
import { makeWithParents, removeTrees } from './tree.ts';

/**
 * Takes releases out of `releases/`, each by a rename into `.cutover/trash/`, and gives what is now to be removed there:
 * all but the newest of them, which the next release begins with.
 * What `current` leads to is never touched, whatever was asked. On a full disk the ledger may only be told when
 * something was removed. Which processes use a release nobody can see over SFTP.
 */
export async function prune(place: Place, fence: Fence, request: PruneRequest): Promise<readonly string[]> {
  const { server, sftp, at, path } = place;
  const untold = await tell(place, request.records);
  const odd = request.releases.find((each) => !/^\d+$/.test(each));
  if (odd !== undefined)
    throw new CutoverError('E_BUG', `${server}: ${odd} is not a release of ours`, { server });
  const [text, realPath, trash] = await Promise.all([
    currentIs(place).catch(() => null),
    sftp.realpath(path),
    sftp.lstat(at('.cutover', 'trash')),
  ]);
  if (trash?.kind === 'link')
    throw new CutoverError('E_REFUSED', `${server}: .cutover/trash is not where it should be`, { server });
  await makeWithParents(place, at('.cutover', 'trash'), 0o700);
  const live = text === null ? null : releaseOf(text, [path, realPath ?? path]);
  const old = ((await sftp.list(at('.cutover', 'trash'))) ?? []).filter(({ kind }) => kind === 'directory');
  const going = request.releases.filter((release) => release !== live);
  // Where there is no room nothing is kept that could go.
  const spare = untold.length > 0 || old.some(({ name }) => isSpare(name)) ? null : [...going].sort().at(-1);
  const names = new Map(
    going.map((release) => [
      release,
      release === spare ? sparePath(place, release) : at('.cutover', 'trash', `${release}.${request.nonce}`),
    ]),
  );
  await proveFence(place, fence);
  await inParallel([...names], async ([release, to]) => {
    if ((await sftp.lstat(at('releases', release)))?.kind !== 'directory') return names.delete(release);
    await sftp.posixRename(at('releases', release), to);
  });
  const waste = [
    ...old
      .filter(({ name }) => !isSpare(name) || untold.length > 0)
      .map(({ name }) => at('.cutover', 'trash', name)),
    ...[...names].flatMap(([release, to]) => (release === spare ? [] : [to])),
  ];
  if (untold.length > 0) await removeTrees(place, waste);
  if (request.ledger !== null) await rewriteLedger(place, request.ledger);
  else for (const line of untold) await record(place, line);
  return untold.length > 0 ? [] : waste;
}

/** Gives the lines for which there was no room. */
async function tell(place: Place, records: readonly string[]): Promise<readonly string[]> {
  for (const [index, line] of records.entries()) {
    try {
      await record(place, line);
    } catch (error) {
      if (errorCode(error) !== 'E_DISK_FULL') throw error;
      return records.slice(index);
    }
  }
  return [];
}
