import { CutoverError, type Sftp, type SftpFileOptions, type SftpStat } from '../../contract/index.ts';
import { type DirectoryInode, type FileInode, type Inode, type Place, placeOf, refusal } from './tree.ts';

export interface Disk {
  readonly root: DirectoryInode;
  /** Where a login starts: what is relative is below it. */
  readonly home: string;
  /** Room for contents. */
  readonly capacityBytes: number;
  readonly nowSec: () => number;
}

/** The members of `Sftp` over a tree in memory. Each acts in one go, so they are done in the order of their calls. */
export function sftpMembers(disk: Disk): Omit<Sftp, 'extensions' | 'close'> {
  const find = (path: string, followLast: boolean) => placeOf(disk.root, absolute(disk, path), followLast);
  const free = (path: string): Place => {
    const place = find(path, false);
    if (place === null) throw refusal(path, 'no such file or directory');
    if (place.inode !== null) throw refusal(path, 'file exists');
    return place;
  };
  const put = ({ parent, name }: Place, inode: Inode) => {
    parent.entries.set(name, inode);
    parent.modifiedAtSec = disk.nowSec();
  };
  const take = ({ parent, name }: Place) => {
    parent.entries.delete(name);
    parent.modifiedAtSec = disk.nowSec();
  };
  const fileAt = (path: string): FileInode | null => {
    const inode = find(path, true)?.inode ?? null;
    if (inode !== null && inode.kind !== 'file') throw refusal(path, 'not a file');
    return inode;
  };
  const write = async (path: string, chunks: AsyncIterable<Uint8Array>, options: SftpFileOptions) => {
    const place = free(path);
    const file: FileInode = { kind: 'file', mode: 0, modifiedAtSec: disk.nowSec(), data: new Uint8Array() };
    put(place, file);
    try {
      const data = await gathered(chunks, (bytes) => requireRoom(disk, path, bytes));
      Object.assign(file, {
        data,
        mode: options.mode,
        modifiedAtSec: options.modifiedAtSec ?? disk.nowSec(),
      });
    } catch (error) {
      take(place);
      throw error;
    }
  };

  return {
    lstat: async (path) => statOf(find(path, false)?.inode),
    stat: async (path) => statOf(find(path, true)?.inode),
    async readlink(path) {
      const inode = find(path, false)?.inode ?? null;
      if (inode !== null && inode.kind !== 'link') throw refusal(path, 'not a link');
      return inode?.target ?? null;
    },
    async realpath(path) {
      const place = find(path, true);
      return place === null || place.inode === null ? null : place.path;
    },
    async list(path) {
      const inode = find(path, true)?.inode ?? null;
      if (inode !== null && inode.kind !== 'directory') throw refusal(path, 'not a directory');
      return inode && [...inode.entries].map(([name, each]) => ({ name, ...statOf(each)! }));
    },
    async mkdir(path, mode) {
      put(free(path), { kind: 'directory', mode, modifiedAtSec: disk.nowSec(), entries: new Map() });
    },
    async symlink(target, path) {
      put(free(path), { kind: 'link', mode: 0o777, modifiedAtSec: disk.nowSec(), target });
    },
    async hardlink(path, another) {
      const file = find(path, false)?.inode ?? null;
      if (file === null || file.kind === 'directory') throw refusal(path, 'not a file');
      put(free(another), file);
    },
    async posixRename(from, to) {
      const [source, target] = [find(from, false), find(to, false)];
      if (!source?.inode || target === null) throw refusal(from, 'no such file or directory');
      if (source.inode === target.inode) return;
      requireReplaceable(source.inode, target, to);
      if (`${target.path}/`.startsWith(`${source.path}/`)) throw refusal(to, 'it is below what is moved');
      take(source);
      put(target, source.inode);
    },
    async unlink(path) {
      const place = find(path, false);
      if (!place?.inode) return;
      if (place.inode.kind === 'directory') throw refusal(path, 'is a directory');
      take(place);
    },
    async rmdir(path) {
      const place = find(path, false);
      if (!place?.inode) return;
      if (place.inode.kind !== 'directory') throw refusal(path, 'not a directory');
      if (place.inode.entries.size > 0) throw refusal(path, 'directory not empty');
      take(place);
    },
    async readFile(path) {
      const data = fileAt(path)?.data;
      return data === undefined ? null : Uint8Array.from(data);
    },
    writeFile: write,
    async copyFile(from, to, options) {
      const file = fileAt(from);
      if (file === null) throw refusal(from, 'no such file or directory');
      await write(to, once(file.data), options);
    },
    async appendFile(path, content, mode) {
      const file = fileAt(path) ?? newFile(disk, find(path, true), path, mode);
      requireRoom(disk, path, content.length);
      file.data = Buffer.concat([file.data, content]);
      file.modifiedAtSec = disk.nowSec();
    },
    async touch(path, mode) {
      const file = fileAt(path) ?? newFile(disk, find(path, true), path, mode);
      file.data = Buffer.from('.');
      file.modifiedAtSec = disk.nowSec();
      return file.modifiedAtSec;
    },
    async setTime(path, modifiedAtSec) {
      const inode = find(path, true)?.inode;
      if (!inode) throw refusal(path, 'no such file or directory');
      inode.modifiedAtSec = modifiedAtSec;
    },
    freeSpace: async () => ({ bytes: disk.capacityBytes - usedBytes(disk.root), inodes: 1_000_000 }),
  };
}

function absolute({ home }: Disk, path: string): string {
  if (path === '' || path.includes('\0') || !path.isWellFormed())
    throw new CutoverError('E_USAGE', `${JSON.stringify(path)} cannot be sent as a path.`);
  return path.startsWith('/') ? path : `${home}/${path}`;
}

function statOf(inode: Inode | null | undefined): SftpStat | null {
  if (!inode) return null;
  const { kind, mode, modifiedAtSec } = inode;
  const sizeBytes = kind === 'file' ? inode.data.length : kind === 'link' ? inode.target.length : 4096;
  return { kind, mode, sizeBytes, modifiedAtSec };
}

function newFile({ nowSec }: Disk, place: Place | null, path: string, mode: number): FileInode {
  if (place === null) throw refusal(path, 'no such file or directory');
  const file: FileInode = { kind: 'file', mode, modifiedAtSec: nowSec(), data: new Uint8Array() };
  place.parent.entries.set(place.name, file);
  place.parent.modifiedAtSec = nowSec();
  return file;
}

/** rename(2): a directory replaces an empty one only, and nothing else replaces a directory. */
function requireReplaceable(moved: Inode, { inode }: Place, to: string): void {
  if (inode === null) return;
  if (moved.kind === 'directory' && inode.kind !== 'directory') throw refusal(to, 'not a directory');
  if (moved.kind !== 'directory' && inode.kind === 'directory') throw refusal(to, 'is a directory');
  if (inode.kind === 'directory' && inode.entries.size > 0) throw refusal(to, 'directory not empty');
}

async function gathered(
  chunks: AsyncIterable<Uint8Array>,
  require: (bytes: number) => void,
): Promise<Uint8Array> {
  const copies: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    require(bytes);
    // Its memory may be used again; `slice` of a Buffer would share it.
    copies.push(Uint8Array.from(chunk));
  }
  return Buffer.concat(copies);
}

function requireRoom({ root, capacityBytes }: Disk, path: string, bytes: number): void {
  if (usedBytes(root) + bytes <= capacityBytes) return;
  throw new CutoverError('E_DISK_FULL', `Could not write ${path}: no space is left.`);
}

/** Each file once, whatever its names. */
function usedBytes(root: DirectoryInode): number {
  const seen = new Set<Inode>();
  const visit = (inode: Inode): number => {
    if (seen.has(inode)) return 0;
    seen.add(inode);
    if (inode.kind === 'file') return inode.data.length;
    if (inode.kind === 'link') return 0;
    return [...inode.entries.values()].reduce((sum, each) => sum + visit(each), 0);
  };
  return visit(root);
}

async function* once(data: Uint8Array): AsyncGenerator<Uint8Array> {
  yield data;
}
