import { randomBytes } from 'node:crypto';
import { CutoverError } from '../../contract/index.ts';
import { isAtOrBelow } from '../../sync/diff.ts';
import type { CachedManifest } from '../../sync/types.ts';
import type { Fence, Linked, LinkRequest } from '../engine.ts';
import { compare } from './compare.ts';
import { proveFence, underFence } from './fence.ts';
import { NOTHING, parentOf, type Standing } from './growth.ts';
import { clone, setTimes, whyCopied } from './makeTree.ts';
import { readManifest } from './manifest.ts';
import type { Place } from './place.ts';
import { record } from './records.ts';
import { linkShared } from './shared.ts';
import { buildPath, takeSpare } from './spare.ts';
import { walk } from './tree.ts';

/**
 * Makes the tree of the manifest under `.cutover/build/`, its files by hard links to those of the deploy-cache, links the
 * shared paths into it, and moves it into `releases/` by one rename: a name in `releases/` is always a complete release.
 * It begins with the release that was pruned last, where there is one, of which only what differs is changed. Where hard
 * links are not to be had, or not wanted, the files are copied. The cache must first be what was uploaded.
 */
export async function link(place: Place, fence: Fence, request: LinkRequest): Promise<Linked> {
  const { sftp, at } = place;
  const { release } = request;
  return underFence(place, fence, async () => {
    if ((await sftp.lstat(at('releases', release)))?.kind === 'directory') {
      await record(place, request.ready);
      return { copied: null, shares: true };
    }
    // A name of its own: requests of an attempt that was lost may still be carried out, and must find nothing.
    const build = `${buildPath(place, release)}.${randomBytes(6).toString('hex')}`;
    const [manifest, standing] = await Promise.all([
      soundManifest(place, request),
      beginning(place, request, build),
    ]);
    const { linked, changed } = await clone(place, request, manifest, build, standing);
    await linkShared(place, build, request);
    const shared = new Set([...request.sharedDirectories, ...request.sharedFiles]);
    const isIn = new Set([...changed, ...[...shared].map(parentOf)]);
    const directories = manifest.filter(({ kind, path }) => kind === 'directory' && isIn.has(path));
    await setTimes(
      place,
      build,
      release,
      directories.filter(({ path }) => !isAtOrBelow(path, shared)),
    );
    await proveFence(place, fence);
    await sftp.posixRename(build, at('releases', release));
    await record(place, request.ready);
    return linked;
  });
}

async function soundManifest(place: Place, request: LinkRequest): Promise<CachedManifest> {
  const { server, at } = place;
  const refuse = (why: string) =>
    new CutoverError('E_REFUSED', `${server}: ${why} (--full builds it anew)`, { server });
  const [manifest, cache] = await Promise.all([
    readManifest(place, 'cache'),
    walk(place, at('deploy-cache')),
  ]);
  if (manifest === null) throw refuse('nobody can read what the deploy-cache holds');
  const { strange, leaks } = compare(cache, manifest);
  if (cache.size !== request.entries || manifest.length !== request.entries)
    throw refuse(
      `the deploy-cache holds ${cache.size} entries and not the ${request.entries} it should: somebody changed it`,
    );
  if (strange.length > 0)
    throw refuse(`deploy-cache/${strange[0]} is not what it should be: somebody changed it`);
  if (request.verify && leaks.length > 0 && (request.mode === 'auto' || request.mode === 'hardlink'))
    throw refuse('files of the deploy-cache were changed in place since they were uploaded');
  return manifest;
}

/** What stands under `build` before anything is made there: a spare release, or what an attempt before has left. */
async function beginning(place: Place, request: LinkRequest, build: string): Promise<Standing> {
  if (whyCopied(place, request) !== null) return NOTHING;
  const topAtSec = await takeSpare(place, build, request.release);
  if (topAtSec === null) return NOTHING;
  const [tree, top] = await Promise.all([walk(place, build), place.sftp.lstat(build)]);
  return top?.mode === 0o755 ? { tree, isTopUntouched: top.modifiedAtSec === topAtSec } : NOTHING;
}
