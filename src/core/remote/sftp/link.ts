import { CutoverError, errorCode, messageOf } from '../../contract/index.ts';
import type { CachedManifest } from '../../sync/types.ts';
import type { Fence, Linked, LinkRequest } from '../engine.ts';
import { compare } from './compare.ts';
import { proveFence, underFence } from './fence.ts';
import { readManifest } from './manifest.ts';
import { inParallel } from './parallel.ts';
import type { Place } from './place.ts';
import { record } from './records.ts';
import { linkShared } from './shared.ts';
import { makeDirectories, removeTree, walk } from './tree.ts';

/**
 * Makes the tree of the manifest under `.cutover/build/`, its files by hard links to those of the deploy-cache, links the
 * shared paths into it, and moves it into `releases/` by one rename: a name in `releases/` is always a complete release.
 * Where hard links are not to be had, or not wanted, the files are copied. The cache must first be what was uploaded.
 */
export async function link(place: Place, fence: Fence, request: LinkRequest): Promise<Linked> {
  const { sftp, at } = place;
  const { release } = request;
  return underFence(place, fence, async () => {
    if ((await sftp.lstat(at('releases', release)))?.kind === 'directory') {
      await record(place, request.ready);
      return { copied: null, shares: true };
    }
    const manifest = await soundManifest(place, request);
    const build = at('.cutover', 'build', release);
    const { copied, shares } = await clone(place, request, manifest, build);
    await linkShared(place, build, request);
    await proveFence(place, fence);
    await sftp.posixRename(build, at('releases', release));
    await record(place, request.ready);
    return { copied, shares };
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

async function clone(
  place: Place,
  request: LinkRequest,
  manifest: CachedManifest,
  build: string,
): Promise<Linked> {
  const why = await linkTree(place, request, manifest, build);
  if (why === null) return { copied: null, shares: true };
  await makeTree(place, manifest, build, () => true);
  return { copied: request.mode === 'copy' ? null : why, shares: false };
}

/** Why files must be copied; null when they were linked. */
async function linkTree(
  place: Place,
  { mode, unshared }: LinkRequest,
  manifest: CachedManifest,
  build: string,
): Promise<string | null> {
  if (mode === 'copy') return '';
  if (mode === 'reflink') return 'there are no reflinks over SFTP';
  if (place.sftp.hardlink === undefined) return "the server's SFTP has no hardlink@openssh.com";
  const copied = new Set(unshared);
  try {
    await makeTree(place, manifest, build, (path) => copied.has(path));
    return null;
  } catch (error) {
    if (!(error instanceof NoHardLink)) throw error;
    return messageOf(error.cause);
  }
}

/** A file system without hard links, or an inode that has as many as it may. */
class NoHardLink extends Error {}

async function makeTree(
  place: Place,
  manifest: CachedManifest,
  build: string,
  isCopied: (path: string) => boolean,
): Promise<void> {
  const { sftp, at } = place;
  await removeTree(place, build);
  const directories = manifest.filter(({ kind }) => kind === 'directory');
  await makeDirectories(place, [build, ...directories.map(({ path }) => `${build}/${path}`)]);
  await inParallel(manifest, async (entry) => {
    const [from, to] = [at('deploy-cache', entry.path), `${build}/${entry.path}`];
    if (entry.kind === 'link') await sftp.symlink(entry.target ?? '', to);
    else if (entry.kind === 'file' && isCopied(entry.path))
      await sftp.copyFile(from, to, {
        mode: entry.mode,
        modifiedAtSec: entry.modifiedAtSec,
        isSynced: false,
      });
    else if (entry.kind === 'file')
      await sftp.hardlink?.(from, to).catch((cause: unknown) => {
        throw errorCode(cause) === 'E_REMOTE' ? new NoHardLink('', { cause }) : cause;
      });
  });
}
