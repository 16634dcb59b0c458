import { parentsOf } from '../../sync/parents.ts';
import type { CachedManifest } from '../../sync/types.ts';
import type { Fence, Leak, RepairRequest } from '../engine.ts';
import { compare, isAsUploaded } from './compare.ts';
import { proveFence } from './fence.ts';
import { readManifest } from './manifest.ts';
import { inParallel } from './parallel.ts';
import type { Place } from './place.ts';
import { putFiles, type Sending } from './putFiles.ts';
import { markMended } from './spare.ts';
import { disown } from './standby.ts';
import { makeDirectories, makeWithParents, removeTree, removeTrees, walk } from './tree.ts';
import { endedEarly, untar } from './untar.ts';

/** The files of the deploy-cache that are not what was uploaded, by mode, size and time. Changes nothing. */
export async function findLeaks(place: Place): Promise<readonly Leak[]> {
  const [manifest, cache] = await Promise.all([
    readManifest(place, 'cache'),
    walk(place, place.at('deploy-cache')),
  ]);
  return manifest === null ? [] : compare(cache, manifest).leaks;
}

/**
 * Gives leaked files of the deploy-cache a new inode with what was uploaded, and, where asked, puts a copy of that into
 * every other release that has the same changed file: by mode, size and time, because SFTP tells of no inodes. Each name is
 * changed by a rename, so a live release never lacks a file; the cache comes last, because it is what they are compared with.
 * A standby has the changed inode too, and goes.
 */
export async function repair(place: Place, fence: Fence, request: RepairRequest): Promise<void> {
  const { sftp, at } = place;
  const incoming = at('.cutover', 'incoming', `${request.release}.repair`);
  const tree = `${incoming}/tree`;
  await proveFence(place, fence);
  await Promise.all([disown(place), markMended(place, request.release)]);
  await removeTree(place, incoming);
  await makeWithParents(place, incoming, 0o700);
  await makeWithParents(place, tree);
  const manifest = (await readManifest(place, 'cache')) ?? [];
  const { sent, lists } = await unpack(place, request, tree);
  const copied = lines(lists.get('copy'), '\0');
  await copyContent(place, manifest, copied, tree);
  const mended = [...sent, ...copied];
  if (request.otherReleases) await mendReleases(place, fence, request.release, mended, tree);
  await proveFence(place, fence);
  await inParallel(mended, (path) => sftp.posixRename(`${tree}/${path}`, at('deploy-cache', path)));
  await removeTrees(place, [incoming, at('.cutover', 'incoming', `${request.release}.stage`)]);
}

/** Gives what was sent, and the lists that came with it, by name. The archive has files without their directories. */
async function unpack(place: Place, { archive, release }: RepairRequest, tree: string) {
  const lists = new Map<string, string>();
  const sent: string[] = [];
  async function* files(): AsyncGenerator<Sending> {
    for await (const member of untar(archive())) {
      if (member.kind !== 'file') continue;
      if (!member.path.startsWith(TREE)) {
        lists.set(member.path, await textOf(member.chunks));
        continue;
      }
      const path = member.path.slice(TREE.length);
      await makeParents(place, tree, [path]);
      sent.push(path);
      yield { ...member, path };
    }
  }
  await putFiles(place.sftp, tree, files(), () => {});
  if (lists.get('complete') !== release) throw endedEarly();
  return { sent, lists };
}

const TREE = 'tree/';

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces).toString('utf8');
}

async function copyContent(
  place: Place,
  manifest: CachedManifest,
  paths: readonly string[],
  tree: string,
): Promise<void> {
  const byPath = new Map(manifest.map((entry) => [entry.path, entry]));
  await makeParents(place, tree, paths);
  await inParallel(paths, async (path) => {
    const entry = byPath.get(path);
    if (entry === undefined) return;
    const { mode, modifiedAtSec } = entry;
    await place.sftp.copyFile(place.at('deploy-cache', path), `${tree}/${path}`, { mode, modifiedAtSec });
  });
}

async function mendReleases(
  place: Place,
  fence: Fence,
  keeps: string,
  paths: readonly string[],
  tree: string,
): Promise<void> {
  const { sftp, at } = place;
  const stage = at('.cutover', 'incoming', `${keeps}.stage`);
  const releases = ((await sftp.list(at('releases'))) ?? []).filter(
    ({ name, kind }) => kind === 'directory' && name !== keeps,
  );
  for (const { name } of releases) {
    await removeTree(place, stage);
    await makeWithParents(place, stage, 0o700);
    await proveFence(place, fence);
    await inParallel([...paths.entries()], async ([index, path]) => {
      const [cached, there, whole] = await Promise.all([
        sftp.lstat(at('deploy-cache', path)),
        sftp.lstat(at('releases', name, path)),
        sftp.lstat(`${tree}/${path}`),
      ]);
      const isSame =
        cached !== null && there !== null && isAsUploaded(there, { ...cached, path, kind: 'file', hash: '' });
      if (!isSame || whole === null) return;
      const staged = `${stage}/${index}`;
      if (sftp.hardlink === undefined) await sftp.copyFile(`${tree}/${path}`, staged, whole);
      else await sftp.hardlink(`${tree}/${path}`, staged);
      await sftp.posixRename(staged, at('releases', name, path));
    });
  }
}

async function makeParents(place: Place, top: string, paths: readonly string[]): Promise<void> {
  await makeDirectories(
    place,
    parentsOf(paths).map((path) => `${top}/${path}`),
  );
}

function lines(text: string | undefined, end: string): readonly string[] {
  return (text ?? '')
    .split(end)
    .filter((path) => path !== '')
    .map((path) => path.slice('./'.length));
}
