import { randomBytes } from 'node:crypto';
import { CutoverError, type SftpStat } from '../../contract/index.ts';
import { isAtOrBelow } from '../../sync/diff.ts';
import type { CachedManifest } from '../../sync/types.ts';
import type { Fence, Linked, LinkRequest } from '../engine.ts';
import { compare, type Difference } from './compare.ts';
import { proveFence, underFence } from './fence.ts';
import { NOTHING, parentOf, type Standing } from './growth.ts';
import { beginWith, clone, setTimes, whyCopied } from './makeTree.ts';
import { readManifest } from './manifest.ts';
import { inParallel } from './parallel.ts';
import type { Place } from './place.ts';
import { record } from './records.ts';
import { linkShared } from './shared.ts';
import { buildPath, takeSpare } from './spare.ts';
import { walk } from './tree.ts';

/**
 * Makes the tree of the manifest under `.cutover/build/`, its files by hard links to those of the deploy-cache, links the
 * shared paths into it, and moves it into `releases/` by one rename: a name in `releases/` is always a complete release.
 * It begins with the release that was pruned last, where there is one, of which only what differs is changed. Where hard
 * links are not to be had, or not wanted, the files are copied.
 * Every file must be what was uploaded: those that stay are looked at where they are, all others in the cache. So one
 * of the two trees is gone through, not both.
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
      wholeManifest(place, request),
      beginning(place, request, build),
    ]);
    const begun = beginWith(standing, manifest, request);
    const soundCache = () => requireSoundCache(place, request, manifest);
    if (begun.kept === 0) await soundCache();
    else await requireSound(place, request, begun.make);
    const { linked, changed } = await clone(place, request, manifest, build, begun, soundCache);
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

function refusal(server: string, why: string): CutoverError {
  return new CutoverError('E_REFUSED', `${server}: ${why} (--full builds it anew)`, { server });
}

async function wholeManifest(place: Place, request: LinkRequest): Promise<CachedManifest> {
  const manifest = await readManifest(place, 'cache');
  if (manifest === null) throw refusal(place.server, 'nobody can read what the deploy-cache holds');
  if (manifest.length !== request.entries) throw countRefusal(place, request, manifest.length);
  return manifest;
}

/** All of the cache, of which everything is to come. */
async function requireSoundCache(place: Place, request: LinkRequest, manifest: CachedManifest) {
  const cache = await walk(place, place.at('deploy-cache'));
  if (cache.size !== request.entries) throw countRefusal(place, request, cache.size);
  requireNone(place, request, compare(cache, manifest));
}

/** What is to be made of the cache. */
async function requireSound(place: Place, request: LinkRequest, make: CachedManifest) {
  const { sftp, at } = place;
  const seen = new Map<string, SftpStat>();
  await inParallel(make, async ({ path }) => {
    const stat = await sftp.lstat(at('deploy-cache', path));
    if (stat !== null) seen.set(path, stat);
  });
  requireNone(place, request, compare(seen, make));
}

function requireNone({ server }: Place, { verify, mode }: LinkRequest, { strange, leaks }: Difference): void {
  if (strange.length > 0)
    throw refusal(server, `deploy-cache/${strange[0]} is not what it should be: somebody changed it`);
  if (verify && leaks.length > 0 && (mode === 'auto' || mode === 'hardlink'))
    throw refusal(server, 'files of the deploy-cache were changed in place since they were uploaded');
}

function countRefusal({ server }: Place, { entries }: LinkRequest, held: number): CutoverError {
  return refusal(
    server,
    `the deploy-cache holds ${held} entries and not the ${entries} it should: somebody changed it`,
  );
}

/** What stands under `build` before anything is made there: a spare release, or what an attempt before has left. */
async function beginning(place: Place, request: LinkRequest, build: string): Promise<Standing> {
  if (whyCopied(place, request) !== null) return NOTHING;
  const topAtSec = await takeSpare(place, build, request.release);
  if (topAtSec === null) return NOTHING;
  const [tree, top] = await Promise.all([walk(place, build), place.sftp.lstat(build)]);
  return top?.mode === 0o755 ? { tree, isTopUntouched: top.modifiedAtSec === topAtSec } : NOTHING;
}
