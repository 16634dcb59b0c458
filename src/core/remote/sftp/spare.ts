import { randomBytes } from 'node:crypto';
import { releaseTimeSec } from '../../release/id.ts';
import { builtAtSec } from './growth.ts';
import { type Place, readText, writeText } from './place.ts';
import { makeWithParents } from './tree.ts';

/**
 * The release that was pruned last is kept aside, with its files, as what the next one begins with: the two differ in little,
 * and neither are thousands of names removed nor made. It is in the trash under a name that says which it was: whoever
 * does not know of this sweeps it.
 */
const NAME = /^spare-(\d{14})$/;

export function isSpare(name: string): boolean {
  return NAME.test(name);
}

export function sparePath({ at }: Place, release: string): string {
  return at('.cutover', 'trash', `spare-${release}`);
}

/** Where attempts to build a release have their directories: each has something behind this. */
export function buildPath({ at }: Place, release: string): string {
  return at('.cutover', 'build', release);
}

/** What attempts to build a release have left. */
export async function begunBuilds({ sftp, at }: Place, release: string): Promise<readonly string[]> {
  const names = ((await sftp.list(at('.cutover', 'build'))) ?? []).map(({ name }) => name);
  return names
    .filter((name) => name.split('.')[0] === release)
    .sort()
    .map((name) => at('.cutover', 'build', name));
}

/**
 * Moves to `build` what the release begins with: what an attempt before has left, else the spare one. Gives the time that
 * was set on its top directory; null when there is neither.
 */
export async function takeSpare(place: Place, build: string, release: string): Promise<number | null> {
  const { sftp, at } = place;
  const [begun, trash, mended] = await Promise.all([
    begunBuilds(place, release),
    sftp.list(at('.cutover', 'trash')),
    mendedUntil(place),
  ]);
  if (begun[0] !== undefined && release > mended) {
    await sftp.posixRename(begun[0], build);
    return builtAtSec(releaseTimeSec(release));
  }
  const spare = (trash ?? [])
    .map(({ name, kind }) => (kind === 'directory' ? NAME.exec(name)?.[1] : undefined))
    .filter((was) => was !== undefined)
    .sort()
    .at(-1);
  if (spare === undefined) return null;
  if (spare <= mended) {
    await sftp.posixRename(sparePath(place, spare), `${sparePath(place, spare)}.mended`);
    return null;
  }
  await makeWithParents(place, at('.cutover', 'build'), 0o700);
  await sftp.posixRename(sparePath(place, spare), build);
  return builtAtSec(releaseTimeSec(spare));
}

/**
 * A repair gives the cache new files that look like the ones before, which releases until then may still have. Nothing
 * begins with one of these any more.
 */
export async function markMended(place: Place, release: string): Promise<void> {
  const { sftp, at } = place;
  const names = ((await sftp.list(at('releases'))) ?? []).map(({ name }) => name);
  const trash = ((await sftp.list(at('.cutover', 'trash'))) ?? []).map(
    ({ name }) => NAME.exec(name)?.[1] ?? '',
  );
  const last = [...names.filter((name) => /^\d{14}$/.test(name)), ...trash, release].sort().at(-1) ?? release;
  const next = at('.cutover', 'tmp', `mended-${randomBytes(6).toString('hex')}`);
  await makeWithParents(place, at('.cutover', 'tmp'), 0o700);
  await writeText(place, next, `${last}\n`);
  await sftp.posixRename(next, at('.cutover', 'mended'));
}

/** The last release that something may be wrong with; empty when there is none. */
export async function mendedUntil(place: Place): Promise<string> {
  return ((await readText(place, place.at('.cutover', 'mended'))) ?? '').trim();
}
