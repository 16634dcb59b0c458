import { randomBytes } from 'node:crypto';
import { CutoverError } from '../../contract/index.ts';
import { formatCacheHead } from '../../sync/cacheHead.ts';
import { formatSegment } from '../../sync/manifestText.ts';
import { parentsOf } from '../../sync/parents.ts';
import { type Received, wholeFiles } from '../../sync/wholeFiles.ts';
import type { Fence, SyncRequest } from '../engine.ts';
import { proveFence, underFence } from './fence.ts';
import { segmentPath } from './manifest.ts';
import { inParallel } from './parallel.ts';
import { type Place, writeText } from './place.ts';
import { putFiles, type Sending } from './putFiles.ts';
import { disown } from './standby.ts';
import { byDepth, makeDirectories, makeWithParents, removeTree, removeTrees, walk } from './tree.ts';

/** What earlier attempts of this process have put into the cache already, by path. */
export type Moved = Map<string, Received>;

/**
 * Sends what is new into a private directory and merges it into the deploy-cache. A cached file is never opened for
 * writing, because releases share it by hard link: new content comes as a new inode that takes the name. What is about to
 * change is on disk (`cache.next` and its segment) before the cache is touched, and the head is committed last.
 * Run again, it removes nothing a second time: by then a name on the list may lead through a link that is new.
 * `continues`: what has arrived whole already is not sent again.
 */
export async function sync(
  place: Place,
  fence: Fence,
  request: SyncRequest,
  continues: boolean,
  moved: Moved,
): Promise<void> {
  const { release, work, modifiedAtSec } = request;
  const incoming = place.at('.cutover', 'incoming', release);
  await underFence(place, fence, async () => {
    const arrived = continues ? await received(place, `${incoming}/tree`) : [];
    const kept = wholeFiles([...arrived, ...moved.values()], work.diff, modifiedAtSec) ?? new Set();
    for (const path of moved.keys()) if (!kept?.has(path)) moved.delete(path);
    await makeRoom(place, incoming, arrived, kept);
    await send(place, `${incoming}/tree`, request, kept);
    if (request.cancel.aborted) throw interrupted(place);
    const proved = () => proveFence(place, fence);
    await merge(place, incoming, request, moved, proved);
    await proved();
    await commit(place, incoming, request);
  });
}

/** The files and links that an interrupted upload has left. */
async function received(place: Place, tree: string): Promise<readonly Received[]> {
  const found = await walk(place, tree);
  return [...found].flatMap(([path, { kind, sizeBytes, modifiedAtSec }]) =>
    kind === 'file' ? [{ path, sizeBytes, modifiedAtSec }] : [],
  );
}

/** Leaves the kept files and the directories, or nothing at all. */
async function makeRoom(
  place: Place,
  incoming: string,
  arrived: readonly Received[],
  kept: ReadonlySet<string>,
): Promise<void> {
  if (kept.size === 0) await removeTree(place, incoming);
  else {
    const others = arrived.filter(({ path }) => !kept.has(path));
    await inParallel(others, ({ path }) => place.sftp.unlink(`${incoming}/tree/${path}`));
  }
  await makeWithParents(place, incoming, 0o700);
  await makeWithParents(place, `${incoming}/tree`);
}

async function send(
  place: Place,
  tree: string,
  request: SyncRequest,
  kept: ReadonlySet<string>,
): Promise<void> {
  const { sftp } = place;
  const { diff } = request.work;
  const missing = diff.upload.filter(({ path }) => !kept.has(path));
  const above = parentsOf(diff.upload.map(({ path }) => path));
  await makeDirectories(
    place,
    [...new Set([...above, ...diff.directories])].map((path) => `${tree}/${path}`),
  );
  await inParallel(
    missing.filter(({ kind }) => kind === 'link'),
    async ({ path, target = '' }) => {
      await sftp.unlink(`${tree}/${path}`);
      await sftp.symlink(target, `${tree}/${path}`);
    },
  );
  let doneBytes = 0;
  await putFiles(sftp, tree, filesOf(place, request, kept), (sizeBytes) => {
    doneBytes += sizeBytes;
    request.onProgress(Math.min(doneBytes, diff.bytes));
  });
}

async function* filesOf(
  place: Place,
  { work, snapshot, modifiedAtSec, cancel }: SyncRequest,
  kept: ReadonlySet<string>,
): AsyncGenerator<Sending> {
  const files = work.diff.upload.filter(({ path, kind }) => kind === 'file' && !kept.has(path));
  if (files.length === 0) return;
  try {
    for await (const { entry, chunks } of snapshot.read(files, cancel)) {
      if (cancel.aborted) break;
      const { path, mode, sizeBytes } = entry;
      yield { path, mode, sizeBytes, modifiedAtSec, chunks };
    }
  } catch (error) {
    if (!cancel.aborted) throw error;
  }
  if (cancel.aborted) throw interrupted(place);
}

function interrupted({ server }: Place): CutoverError {
  return new CutoverError('E_INTERRUPTED', 'The upload was interrupted.', { server });
}

/** So many files take their names between two looks at the fence. */
const GROUP = 256;

async function merge(
  place: Place,
  incoming: string,
  request: SyncRequest,
  moved: Moved,
  proved: () => Promise<void>,
): Promise<void> {
  const { sftp, at } = place;
  const { work } = request;
  const cache = at('deploy-cache');
  const marker = `${incoming}.removed`;
  const wasRemoved = (await sftp.lstat(marker)) !== null;
  if (!work.fresh) await requireSound(place, wasRemoved ? [] : work.expected);
  await proved();
  await Promise.all([disown(place), announce(place, incoming, request)]);
  if (work.fresh && (await sftp.lstat(cache)) !== null) {
    await sftp.unlink(at('.cutover', 'cache'));
    await sftp.posixRename(cache, `${incoming}/discarded`);
  }
  if ((await sftp.lstat(cache)) === null) return sftp.posixRename(`${incoming}/tree`, cache);
  if (!wasRemoved) {
    await removeAll(place, work.diff.remove);
    await writeText(place, marker, '');
  }
  await makeDirectories(
    place,
    work.diff.directories.map((path) => `${cache}/${path}`),
  );
  const waiting = work.diff.upload.filter(({ path }) => !moved.has(path));
  for (let first = 0; first < waiting.length; first += GROUP) {
    await proved();
    await inParallel(waiting.slice(first, first + GROUP), async ({ path, kind, sizeBytes }) => {
      await sftp.posixRename(`${incoming}/tree/${path}`, `${cache}/${path}`);
      if (kind === 'file') moved.set(path, { path, sizeBytes, modifiedAtSec: request.modifiedAtSec });
    });
  }
}

/** The deepest first; what is above takes the rest along. */
async function removeAll(place: Place, paths: readonly string[]): Promise<void> {
  for (const level of byDepth(paths).toReversed())
    await removeTrees(
      place,
      level.map((path) => place.at('deploy-cache', path)),
    );
}

/** Nothing is written or removed through a link. */
async function requireSound(place: Place, directories: readonly string[]): Promise<void> {
  const { server, sftp, at } = place;
  const refuse = (what: string, changed: string) =>
    new CutoverError(
      'E_REFUSED',
      `${server}: ${what} is not the directory it was: somebody changed ${changed} (--full builds it anew)`,
      { server },
    );
  if ((await sftp.lstat(at('deploy-cache')))?.kind !== 'directory') throw refuse('deploy-cache', 'it');
  await inParallel(directories, async (path) => {
    const stat = await sftp.lstat(at('deploy-cache', path));
    if (stat !== null && stat.kind !== 'directory') throw refuse(`deploy-cache/${path}`, 'the deploy-cache');
  });
}

/** Before the cache is touched it says what it is about to hold. */
async function announce(place: Place, incoming: string, { work }: SyncRequest): Promise<void> {
  const { sftp, at } = place;
  const [segment, head] = [`${incoming}/segment-${nonce()}`, `${incoming}/head-${nonce()}`];
  await Promise.all([
    makeWithParents(place, at('.cutover', 'manifests'), 0o700),
    writeText(place, segment, formatSegment(work.segment)),
    writeText(place, head, formatCacheHead(work.head)),
  ]);
  await sftp.posixRename(segment, segmentPath(place, work.head.segments.at(-1) ?? ''));
  await sftp.posixRename(head, at('.cutover', 'cache.next'));
}

/** What is left of the upload goes with what is pruned: nobody waits for that. */
async function commit(place: Place, incoming: string, { release, work }: SyncRequest): Promise<void> {
  const { sftp, at } = place;
  await sftp.posixRename(at('.cutover', 'cache.next'), at('.cutover', 'cache'));
  await Promise.all([
    forgetSegments(place, new Set(work.head.segments)),
    makeWithParents(place, at('.cutover', 'trash'), 0o700).then(() =>
      sftp.posixRename(incoming, at('.cutover', 'trash', `${release}.${nonce()}`)),
    ),
  ]);
}

async function forgetSegments(place: Place, used: ReadonlySet<string>): Promise<void> {
  const segments = (await place.sftp.list(place.at('.cutover', 'manifests'))) ?? [];
  await inParallel(
    segments.filter(({ name }) => !used.has(name)),
    ({ name }) => place.sftp.unlink(segmentPath(place, name)),
  );
}

function nonce(): string {
  return randomBytes(6).toString('hex');
}
