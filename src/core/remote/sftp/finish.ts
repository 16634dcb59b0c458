import { CutoverError } from '../../contract/index.ts';
import type { Fence, Finished, FinishRequest } from '../engine.ts';
import { proveFence, tellAfter, underFence } from './fence.ts';
import { releaseLock } from './lock.ts';
import { inParallel } from './parallel.ts';
import type { Place } from './place.ts';
import { prune } from './prune.ts';
import { journal } from './records.ts';

/**
 * Prunes, puts the journal away and gives the lock back. What fails before that is told of and stops nothing. Where the
 * journal stands under its last name already, an earlier run of this has come so far. `waste` is what is left to remove.
 */
export async function finish(
  place: Place,
  fence: Fence,
  request: FinishRequest,
): Promise<{ readonly finished: Finished; readonly waste: readonly string[] }> {
  const { sftp, at } = place;
  const [closed, open] = await Promise.all([
    sftp.lstat(at('.cutover', 'journals', request.journal)),
    sftp.lstat(at('.cutover', 'journals', 'open')),
  ]);
  let waste: readonly string[] = [];
  let pruneFailure: CutoverError | null = null;
  let closeFailure: CutoverError | null = null;
  if (closed === null || open !== null) {
    const { journal: told, ...bare } = fence;
    await underFence(
      place,
      told === undefined ? bare : { ...bare, journal: { ...told, after: null } },
      async () => {
        pruneFailure = await failureOf(place, async () => {
          if (request.prune !== null) waste = await prune(place, fence, request.prune);
        });
        closeFailure = await failureOf(place, async () => {
          // The line that says so is due only when it is true. What is closed is not written to any more.
          if (pruneFailure === null) await tellAfter(place, fence);
          if (request.closing !== null) await journal(place, [request.closing], told?.required ?? true);
          await closeJournal(place, fence, request.journal);
        });
      },
    );
  }
  const released = await releaseLock(place, fence.generation);
  return { finished: { ...released, inUse: [], pruneFailure, closeFailure }, waste };
}

const KEPT = 20;

/** Puts the journal of the open transaction away, under a name that sorts by time. The last twenty are kept. */
export async function closeJournal(place: Place, fence: Fence, id: string): Promise<void> {
  const { sftp, at } = place;
  await proveFence(place, fence);
  const journals = (name: string) => at('.cutover', 'journals', name);
  if ((await sftp.lstat(journals('open'))) !== null) await sftp.posixRename(journals('open'), journals(id));
  const old = ((await sftp.list(at('.cutover', 'journals'))) ?? [])
    .map(({ name }) => name)
    .filter((name) => /^\d/.test(name))
    .sort();
  await inParallel(old.slice(0, -KEPT), (name) => sftp.unlink(journals(name)));
}

/** A lost line is no failure of a part: all of it is run again. */
async function failureOf({ server }: Place, work: () => Promise<void>): Promise<CutoverError | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!(error instanceof CutoverError) || AGAIN.has(error.code)) throw error;
    if (error.server !== undefined) return error;
    return new CutoverError(error.code, `${server}: ${error.message}`, { server, cause: error });
  }
}

const AGAIN: ReadonlySet<string> = new Set(['E_UNKNOWN', 'E_TIMEOUT', 'E_UNREACHABLE', 'E_INTERRUPTED']);
