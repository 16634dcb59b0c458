import { randomBytes } from 'node:crypto';
import { CutoverError } from '../../contract/index.ts';
import { sharedLinkText } from '../../release/paths.ts';
import type { LinkRequest } from '../engine.ts';
import { inParallel } from './parallel.ts';
import type { Place } from './place.ts';
import { makeDirectories, makeWithParents, removeTree, walk } from './tree.ts';

/** Puts links to the shared paths into a release. What `shared/` lacks is seeded from it. */
export async function linkShared(
  place: Place,
  build: string,
  { sharedDirectories, sharedFiles }: Pick<LinkRequest, 'sharedDirectories' | 'sharedFiles'>,
): Promise<void> {
  // One after the other: a path may lie below another.
  for (const path of sharedDirectories) await linkOne(place, build, path, 'directory');
  for (const path of sharedFiles) await linkOne(place, build, path, 'file');
}

async function linkOne(place: Place, build: string, path: string, kind: 'directory' | 'file'): Promise<void> {
  const { server, sftp, at } = place;
  await requireRealParents(place, build, path);
  const inRelease = `${build}/${path}`;
  const inShared = at('shared', path);
  await makeWithParents(place, parentOf(inRelease));
  await makeWithParents(place, parentOf(inShared));
  if ((await sftp.lstat(inShared)) === null) {
    const seed = await sftp.lstat(inRelease);
    if (seed !== null && seed.kind !== 'link') await plant(place, inRelease, inShared);
    else if (kind === 'directory') await sftp.mkdir(inShared, 0o755);
    else
      throw new CutoverError('E_REFUSED', `${server}: the shared file shared/${path} does not exist`, {
        server,
      });
  }
  await removeTree(place, inRelease);
  await sftp.symlink(sharedLinkText(path), inRelease);
}

async function requireRealParents({ server, sftp }: Place, build: string, path: string): Promise<void> {
  const names = path.split('/').slice(0, -1);
  for (const [index] of names.entries()) {
    const parent = names.slice(0, index + 1).join('/');
    const stat = await sftp.lstat(`${build}/${parent}`);
    if (stat === null || stat.kind === 'directory') continue;
    throw new CutoverError(
      'E_REFUSED',
      `${server}: the shared path ${path} cannot be linked: ${parent} is not a directory in the release`,
      { server },
    );
  }
}

/** A copy, never a link: what is shared is written in place. It takes its name when it is whole. */
async function plant(place: Place, from: string, to: string): Promise<void> {
  const { sftp, at } = place;
  const seed = at('.cutover', 'tmp', `seed-${randomBytes(6).toString('hex')}`);
  await makeWithParents(place, at('.cutover', 'tmp'), 0o700);
  const top = await sftp.lstat(from);
  const found = top?.kind === 'directory' ? await walk(place, from) : new Map();
  const all = [...(top === null ? [] : [['', top] as const]), ...found];
  const suffix = (path: string) => (path === '' ? '' : `/${path}`);
  const directories = all.filter(([, { kind }]) => kind === 'directory');
  await makeDirectories(
    place,
    directories.map(([path]) => seed + suffix(path)),
  );
  await inParallel(all, async ([path, { kind, mode, modifiedAtSec }]) => {
    const [source, copy] = [from + suffix(path), seed + suffix(path)];
    if (kind === 'file') await sftp.copyFile(source, copy, { mode, modifiedAtSec });
    else if (kind === 'link') await sftp.symlink((await sftp.readlink(source)) ?? '', copy);
  });
  await sftp.posixRename(seed, to);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
