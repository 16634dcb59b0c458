import type { SftpStat } from '../../contract/index.ts';
import { comparePaths } from '../../sync/order.ts';
import type { CachedEntry } from '../../sync/types.ts';
import {
  type CacheDifference,
  type DifferenceKind,
  damagedManifest,
  type Verification,
} from '../../sync/verification.ts';
import { isAsUploaded } from './compare.ts';
import { readManifest } from './manifest.ts';
import { inParallel } from './parallel.ts';
import { type Place, readText } from './place.ts';
import { walk } from './tree.ts';

/**
 * Compares the deploy-cache with its manifest by what SFTP tells: kinds, modes, targets, sizes and times, but no content.
 * Changes nothing.
 */
export async function verify(place: Place): Promise<Verification> {
  const { sftp, at, server } = place;
  const cache = await sftp.lstat(at('deploy-cache'));
  const head = await readText(place, at('.cutover', 'cache'));
  if (cache === null || head === null) return { files: 0, hashed: false, differences: [] };
  const [manifest, found] = await Promise.all([
    readManifest(place, 'cache'),
    walk(place, at('deploy-cache')),
  ]);
  if (manifest === null) throw damagedManifest(server);
  const kinds = new Map<string, DifferenceKind>();
  await inParallel(manifest, async (entry) => {
    const kind = await differenceOf(place, entry, found.get(entry.path));
    if (kind !== null) kinds.set(entry.path, kind);
  });
  const wanted = new Set(manifest.map(({ path }) => path));
  for (const path of found.keys()) if (!wanted.has(path)) kinds.set(path, 'extra');
  const files = manifest.filter(({ kind }) => kind === 'file');
  return { files: files.length, hashed: false, differences: await toTell(place, kinds, found) };
}

async function differenceOf(
  { sftp, at }: Place,
  entry: CachedEntry,
  stat: SftpStat | undefined,
): Promise<DifferenceKind | null> {
  if (stat === undefined) return 'missing';
  if (stat.kind !== entry.kind) return 'kind';
  const { path, kind, sizeBytes, mode, target } = entry;
  if (kind === 'link') return (await sftp.readlink(at('deploy-cache', path))) === target ? null : 'target';
  if (kind === 'file' && stat.sizeBytes !== sizeBytes) return 'content';
  // Releases get directories of their own.
  if (kind === 'directory') return null;
  if (stat.mode !== mode) return 'mode';
  // Nobody knows whether it was only touched.
  return isAsUploaded(stat, entry) ? null : 'content';
}

async function toTell(
  place: Place,
  kinds: ReadonlyMap<string, DifferenceKind>,
  found: ReadonlyMap<string, SftpStat>,
): Promise<readonly CacheDifference[]> {
  const isTop = (path: string) => TOP.has(kinds.get(path)!);
  const told = [...kinds].filter(([path]) => !isTop(path) || !isTop(parentOf(path)));
  const differences: CacheDifference[] = [];
  await inParallel(told, async ([path, kind]) => {
    differences.push({ path, kind, live: await isServed(place, path, found.get(path)) });
  });
  return differences.sort((one, other) => comparePaths(one.path, other.path));
}

const TOP: ReadonlySet<DifferenceKind | undefined> = new Set(['missing', 'extra', 'kind']);

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** SFTP tells of no inodes. */
async function isServed({ sftp, at }: Place, path: string, stat: SftpStat | undefined): Promise<boolean> {
  if (stat?.kind !== 'file') return false;
  const served = await sftp.lstat(at('current', path));
  return served?.kind === 'file' && isAsUploaded(served, { ...stat, kind: 'file', path, hash: '' });
}
