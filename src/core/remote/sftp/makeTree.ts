import { errorCode, messageOf, type Sftp } from '../../contract/index.ts';
import { releaseTimeSec } from '../../release/id.ts';
import type { CachedEntry, CachedManifest } from '../../sync/types.ts';
import type { Linked, LinkRequest } from '../engine.ts';
import { builtAtSec, type Growth, growth, NOTHING, parentOf, type Standing } from './growth.ts';
import { inParallel } from './parallel.ts';
import type { Place } from './place.ts';
import { makeDirectories, removeTrees } from './tree.ts';

export interface Cloned {
  readonly linked: Linked;
  /** Directories in which something was made or removed. */
  readonly changed: ReadonlySet<string>;
}

/** What is to be done to what stands there already; nothing of it is kept, or some files are. What has little in common is better begun anew. */
export function beginWith(standing: Standing, manifest: CachedManifest, { unshared }: LinkRequest): Growth {
  const copied = new Set(unshared);
  const isCopied = (path: string) => copied.has(path);
  const found = growth(standing, manifest, isCopied);
  const isAnew = found.kept === 0 || found.kept < manifest.filter(({ kind }) => kind === 'file').length / 2;
  return isAnew ? growth(NOTHING, manifest, isCopied) : found;
}

/** Makes the tree of the manifest of what stands there already, for which the cache was looked at; else all of it is. */
export async function clone(
  place: Place,
  request: LinkRequest,
  manifest: CachedManifest,
  build: string,
  begun: Growth,
  requireSoundCache: () => Promise<void>,
): Promise<Cloned> {
  const copy = async (why: string): Promise<Cloned> => ({
    changed: await makeTree(
      place,
      build,
      growth(NOTHING, manifest, () => true),
      () => true,
    ),
    linked: { copied: request.mode === 'copy' ? null : why, shares: false },
  });
  const why = whyCopied(place, request);
  if (why !== null) return copy(why);
  const copied = new Set(request.unshared);
  try {
    const changed = await makeTree(place, build, begun, (path) => copied.has(path));
    return { changed, linked: { copied: null, shares: true } };
  } catch (error) {
    if (!(error instanceof NoHardLink)) throw error;
    if (begun.kept > 0) await requireSoundCache();
    return copy(messageOf(error.cause));
  }
}

/** Null when files are to be linked. */
export function whyCopied({ sftp }: Place, { mode }: LinkRequest): string | null {
  if (mode === 'copy') return 'it was asked for';
  if (mode === 'reflink') return 'there are no reflinks over SFTP';
  return sftp.hardlink === undefined ? "the server's SFTP has no hardlink@openssh.com" : null;
}

/** A file system without hard links, or an inode that has as many as it may. */
class NoHardLink extends Error {}

/** Gives the directories in which something was made or removed. */
async function makeTree(
  place: Place,
  build: string,
  { remove, make, links, kept }: Growth,
  isCopied: (path: string) => boolean,
): Promise<ReadonlySet<string>> {
  if (kept === 0) await putAside(place, build);
  await removeTrees(
    place,
    remove.map((path) => `${build}/${path}`),
  );
  const directories = make.filter(({ kind }) => kind === 'directory').map(({ path }) => path);
  await makeDirectories(place, [build, ...directories.map((path) => `${build}/${path}`)]);
  const relinked = await straighten(place.sftp, build, links);
  await inParallel(make, (entry) => makeEntry(place, build, entry, isCopied(entry.path)));
  const changed = [...remove, ...relinked, ...make.map(({ path }) => path)];
  return new Set([...changed.map(parentOf), ...directories]);
}

async function makeEntry(
  { sftp, at }: Place,
  build: string,
  { path, kind, target = '', mode, modifiedAtSec }: CachedEntry,
  isCopied: boolean,
): Promise<void> {
  const [from, to] = [at('deploy-cache', path), `${build}/${path}`];
  if (kind === 'link') await sftp.symlink(target, to);
  if (kind !== 'file') return;
  if (isCopied) await sftp.copyFile(from, to, { mode, modifiedAtSec, isSynced: false });
  else
    await sftp.hardlink?.(from, to).catch((cause: unknown) => {
      throw errorCode(cause) === 'E_REMOTE' ? new NoHardLink('', { cause }) : cause;
    });
}

/** Gives the paths of links that led elsewhere. */
async function straighten(
  sftp: Sftp,
  build: string,
  links: readonly CachedEntry[],
): Promise<readonly string[]> {
  const changed: string[] = [];
  await inParallel(links, async ({ path, target = '' }) => {
    const link = `${build}/${path}`;
    if ((await sftp.readlink(link)) === target) return;
    changed.push(path);
    await sftp.unlink(link);
    await sftp.symlink(target, link);
  });
  return changed;
}

/** It goes with what is pruned: nobody waits for that. */
async function putAside({ sftp, at }: Place, build: string): Promise<void> {
  if ((await sftp.lstat(build)) === null) return;
  await sftp.posixRename(build, at('.cutover', 'trash', `${build.slice(build.lastIndexOf('/') + 1)}.begun`));
}

/**
 * By these is known, when the release is begun with once more, in which directories nobody changed anything. Shared paths
 * are links by now, and what they lead to is left alone.
 */
export async function setTimes(
  { sftp }: Place,
  build: string,
  release: string,
  changed: readonly CachedEntry[],
): Promise<void> {
  await inParallel(changed, ({ path, modifiedAtSec }) =>
    sftp.setTime(`${build}/${path}`, builtAtSec(modifiedAtSec)),
  );
  await sftp.setTime(build, builtAtSec(releaseTimeSec(release)));
}
