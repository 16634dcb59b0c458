import { CutoverError, errorCode, messageOf } from '../../contract/index.ts';
import { RELEASED } from '../../lock/record.ts';
import type { Fence, LockAttempt, LockTrial, Released, TakeOver } from '../engine.ts';
import { disarm } from './disarm.ts';
import { proveFence } from './fence.ts';
import { generationAfter, generationsOf, numberOf } from './generations.ts';
import { observe } from './observe.ts';
import type { Place } from './place.ts';
import { makeDirectory, makeWithParents } from './tree.ts';

/** How the lock is to be taken. */
export interface Taking {
  readonly record: string;
  /** This very generation may be followed although somebody holds it. */
  readonly over: TakeOver | null;
  readonly sharedPaths: readonly string[];
}

/**
 * A generation is a symbolic link whose text is the owner's record. The server makes links by symlink(2), which is
 * exclusive, and in a chroot their text is as good as anywhere: nobody follows it.
 */
export async function takeLock(place: Place, taking: Taking): Promise<LockAttempt> {
  const { path, server, at } = place;
  await makeWithParents(place, path);
  if ((await place.sftp.lstat(at('.cutover')))?.kind === 'link')
    throw new CutoverError('E_REFUSED', `${server}: .cutover is a symbolic link`, { server });
  await makeDirectory(place, at('.cutover'), 0o700);
  await makeDirectory(place, at('.cutover', 'locks'), 0o755);
  const outcome = await take(place, taking);
  const seen = await observe(place, taking.sharedPaths);
  if ('problem' in outcome)
    throw new CutoverError(
      outcome.code,
      `${server}: no lock can be made in ${at('.cutover', 'locks')}: ${outcome.problem}`,
      { server },
    );
  return { ...outcome, seen };
}

/** Makes nothing where nobody ever locked. */
export async function tryLock(place: Place, taking: Taking): Promise<LockTrial> {
  const { sftp, at } = place;
  const [state, locks] = await Promise.all([sftp.lstat(at('.cutover')), sftp.lstat(at('.cutover', 'locks'))]);
  const isThere = state?.kind === 'directory' && locks?.kind === 'directory';
  const outcome = isThere ? await take(place, taking) : null;
  const seen = await observe(place, taking.sharedPaths);
  if (outcome === null || 'problem' in outcome) return { taken: false, generation: null, seen };
  return { ...outcome, seen };
}

/** A sign of life: a file whose time is the server's own. It never has to be written for the lock to hold. */
export async function beat(place: Place, fence: Fence): Promise<void> {
  await proveFence(place, fence);
  await place.sftp.touch(place.at('.cutover', 'locks', `beat-${fence.generation}`), 0o600);
}

export async function releaseLock(place: Place, generation: string): Promise<Released> {
  const { sftp, at } = place;
  const next = at('.cutover', 'locks', generationAfter(generation));
  const [current, later] = await Promise.all([
    sftp.readlink(at('current')).catch(() => null),
    sftp.readlink(next),
  ]);
  if (later !== null) return { released: later === RELEASED, current };
  const problem = await linkWithRoom(place, RELEASED, next, generation);
  return (await sftp.readlink(next)) === RELEASED
    ? { released: true, current }
    : { released: false, ...(problem === null ? {} : { problem }), current };
}

type Taken = { readonly taken: true; readonly fence: Fence };
type Held = Omit<Extract<LockAttempt, { taken: false }>, 'seen'>;

interface NoLock {
  readonly code: 'E_REMOTE' | 'E_DISK_FULL';
  readonly problem: string;
}

async function take(place: Place, { record, over }: Taking): Promise<Taken | Held | NoLock> {
  const { sftp, at } = place;
  const before = await highest(place);
  if (before !== null && before.record !== RELEASED && before.record !== record) {
    const held = await heldBy(place, before);
    const isSilent = over?.silentSec == null || (held.beatAgeSec ?? 0) >= over.silentSec;
    if (over?.generation !== before.generation || !isSilent) return held;
  }
  let problem: unknown = null;
  if (before?.record !== record) {
    const next = generationAfter(before?.generation ?? null);
    problem = await failureOf(sftp.symlink(record, at('.cutover', 'locks', next)));
  }
  const after = await highest(place);
  if (after === null || (after.generation === before?.generation && after.record !== record)) {
    const code = errorCode(problem) === 'E_DISK_FULL' ? 'E_DISK_FULL' : 'E_REMOTE';
    return { code, problem: messageOf(problem) };
  }
  await Promise.all([sweep(place, after.generation), after.record === record ? disarm(place) : null]);
  return after.record === record
    ? { taken: true, fence: { generation: after.generation, record } }
    : heldBy(place, after);
}

interface Generation {
  readonly generation: string;
  readonly record: string;
}

async function highest({ sftp, at }: Place): Promise<Generation | null> {
  const generation = generationsOf(await sftp.list(at('.cutover', 'locks'))).at(-1);
  if (generation === undefined) return null;
  return { generation, record: (await sftp.readlink(at('.cutover', 'locks', generation))) ?? '' };
}

/** How old the signs of its life are is known by the time that the server gives to a file of ours. */
async function heldBy({ sftp, at }: Place, { generation, record }: Generation): Promise<Held> {
  const locks = (name: string) => at('.cutover', 'locks', name);
  const [made, beaten, clockSec] = await Promise.all([
    sftp.lstat(locks(generation)),
    sftp.lstat(locks(`beat-${generation}`)),
    sftp.touch(locks('clock'), 0o600).catch(() => null),
  ]);
  if (made === null || clockSec === null)
    return { taken: false, generation, record, heldSec: null, beatAgeSec: null };
  const heardSec = Math.max(made.modifiedAtSec, beaten?.modifiedAtSec ?? 0);
  return {
    taken: false,
    generation,
    record,
    heldSec: Math.max(0, clockSec - made.modifiedAtSec),
    beatAgeSec: Math.max(0, clockSec - heardSec),
  };
}

/** Old generations go by their number: many who count them at once would each remove one more. The lowest goes first. */
async function sweep({ sftp, at }: Place, generation: string): Promise<void> {
  const entries = (await sftp.list(at('.cutover', 'locks'))) ?? [];
  const oldest = numberOf(generation) - KEPT;
  const old = generationsOf(entries).filter((each) => numberOf(each) < oldest);
  const kept = new Set(generationsOf(entries).filter((each) => !old.includes(each)));
  const beats = entries.filter(
    ({ name }) => name.startsWith('beat-') && !kept.has(name.slice('beat-'.length)),
  );
  for (const name of [...old, ...beats.map((entry) => entry.name)])
    await sftp.unlink(at('.cutover', 'locks', name));
}

const KEPT = 7;

/** Where not one inode is free, an old generation gives its own, or a directory that is made when it is needed. */
async function linkWithRoom(place: Place, text: string, path: string, ours: string): Promise<string | null> {
  const { sftp, at } = place;
  const problem = await failureOf(sftp.symlink(text, path));
  if (problem === null) return null;
  await sftp.rmdir(at('.cutover', 'incoming')).catch(() => {});
  const [lowest] = generationsOf(await sftp.list(at('.cutover', 'locks')));
  if (lowest !== undefined && lowest !== ours)
    await sftp.unlink(at('.cutover', 'locks', lowest)).catch(() => {});
  const again = await failureOf(sftp.symlink(text, path));
  return again === null ? null : messageOf(again);
}

/** What the server refused; whatever else goes wrong is thrown. */
async function failureOf(work: Promise<void>): Promise<unknown> {
  try {
    await work;
    return null;
  } catch (error) {
    if (errorCode(error) === 'E_REMOTE' || errorCode(error) === 'E_DISK_FULL') return error;
    throw error;
  }
}
