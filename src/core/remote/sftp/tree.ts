import { errorCode, type SftpEntry, type SftpStat } from '../../contract/index.ts';
import { inParallel, workOff } from './parallel.ts';
import type { Place } from './place.ts';

/** What stands below a path, by relative path: the attributes come with the names, so a directory is four requests. */
export async function walk({ sftp }: Place, top: string): Promise<ReadonlyMap<string, SftpStat>> {
  const found = new Map<string, SftpStat>();
  await workOff([''], async (directory, add) => {
    const entries = (await sftp.list(directory === '' ? top : `${top}/${directory}`)) ?? [];
    const inside = directory === '' ? '' : `${directory}/`;
    for (const entry of entries) found.set(inside + entry.name, entry);
    add(entries.filter(({ kind }) => kind === 'directory').map(({ name }) => inside + name));
  });
  return found;
}

/** With all that it holds; links are not followed. Nothing needs to be there, and others may be removing it too. */
export async function removeTree({ sftp }: Place, top: string): Promise<void> {
  const stat = await sftp.lstat(top);
  if (stat === null) return;
  const directories: string[] = [];
  type Pile = Pick<SftpEntry, 'kind'> & { readonly path: string };
  await workOff<Pile>([{ path: top, kind: stat.kind }], async ({ path, kind }, add) => {
    if (kind !== 'directory') return sftp.unlink(path);
    directories.push(path);
    add(
      ((await sftp.list(path)) ?? []).map((entry) => ({ path: `${path}/${entry.name}`, kind: entry.kind })),
    );
  });
  for (const level of byDepth(directories).toReversed()) await inParallel(level, (path) => sftp.rmdir(path));
}

export async function removeTrees(place: Place, tops: readonly string[]): Promise<void> {
  await inParallel(tops, (top) => removeTree(place, top), 8);
}

/** Makes directories of a tree where they are missing; those above each of them are among them, or there. */
export async function makeDirectories(place: Place, paths: readonly string[], mode = 0o755): Promise<void> {
  for (const level of byDepth(paths)) await inParallel(level, (path) => makeMissing(place, path, mode));
}

/** Also what is missing above it. */
export async function makeWithParents(place: Place, path: string, mode = 0o755): Promise<void> {
  if ((await place.sftp.stat(path))?.kind === 'directory') return;
  const parent = path.slice(0, path.lastIndexOf('/'));
  if (parent !== '') await makeWithParents(place, parent);
  await makeDirectory(place, path, mode);
}

/** One that is there keeps its mode. */
export async function makeDirectory(place: Place, path: string, mode: number): Promise<void> {
  if ((await place.sftp.lstat(path))?.kind !== 'directory') await makeMissing(place, path, mode);
}

/** Somebody may have made it in the meantime. */
async function makeMissing({ sftp }: Place, path: string, mode: number): Promise<void> {
  try {
    await sftp.mkdir(path, mode);
  } catch (error) {
    if (errorCode(error) !== 'E_REMOTE' || (await sftp.lstat(path))?.kind !== 'directory') throw error;
  }
}

/** Paths by how deep they are, the topmost first. */
export function byDepth(paths: Iterable<string>): readonly (readonly string[])[] {
  const levels = new Map<number, string[]>();
  for (const path of paths) {
    const depth = path.split('/').length;
    const level = levels.get(depth);
    if (level === undefined) levels.set(depth, [path]);
    else level.push(path);
  }
  return [...levels].sort(([a], [b]) => a - b).map(([, level]) => level);
}
