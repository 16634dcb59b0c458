import type { Stats } from 'node:fs';
import {
  appendFile,
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  symlink,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import {
  type Connection,
  CutoverError,
  type Sftp,
  type SftpStat,
  type Transport,
} from '../contract/index.ts';

export interface DirectorySftpOptions {
  /** Extensions that it lacks. */
  readonly without?: readonly string[];
}

/** A server without a shell that is this machine: SFTP as the contract has it, over the real file system. */
export function directoryTransport({ without = [] }: DirectorySftpOptions = {}): Transport {
  return { address: 'deploy@here', connect: async () => directoryConnection(without) };
}

function directoryConnection(without: readonly string[]): Connection {
  const closed = Promise.withResolvers<string | null>();
  const extensions = new Set(EXTENSIONS.filter((name) => !without.includes(name)));
  return {
    sftp: async () => {
      const { hardlink, ...always } = members();
      const all = extensions.has('hardlink@openssh.com') ? { ...always, hardlink } : always;
      const answering = inOrder();
      const entries = Object.entries(all).map(([name, member]) => [
        name,
        answering(refusing(member as never)),
      ]);
      return { ...Object.fromEntries(entries), extensions, close: () => {} } as Sftp;
    },
    closed: closed.promise,
    close: async () => closed.resolve(null),
  };
}

/** As OpenSSH's server does: a request is begun when the one before it is done. */
function inOrder() {
  let before: Promise<unknown> = Promise.resolve();
  return (member: (...args: unknown[]) => Promise<unknown>) =>
    (...args: unknown[]): Promise<unknown> => {
      const answer = before.then(() => member(...args));
      before = answer.catch(() => {});
      return answer;
    };
}

function refusing(member: (...args: unknown[]) => Promise<unknown>) {
  return async (...args: unknown[]): Promise<unknown> => {
    try {
      return await member(...args);
    } catch (error) {
      return refuse(error);
    }
  };
}

const EXTENSIONS = [
  'posix-rename@openssh.com',
  'hardlink@openssh.com',
  'statvfs@openssh.com',
  'fsync@openssh.com',
  'copy-data',
];

function refuse(error: unknown): never {
  if (error instanceof CutoverError) throw error;
  const { code, message } = error as NodeJS.ErrnoException;
  throw new CutoverError(code === 'ENOSPC' ? 'E_DISK_FULL' : 'E_REMOTE', message, { cause: error });
}

function members(): Omit<Sftp, 'extensions' | 'close'> {
  return {
    lstat: (path) => ifThere(async () => toStat(await lstat(path))),
    stat: (path) => ifThere(async () => toStat(await stat(path))),
    readlink: (path) => ifThere(() => readlink(path)),
    realpath: (path) => ifThere(() => realpath(path)),
    list: (path) =>
      ifThere(async () => {
        const names = await readdir(path);
        const stats = names.map(async (name) => ({ name, ...toStat(await lstat(`${path}/${name}`)) }));
        return Promise.all(stats);
      }),
    async mkdir(path, mode) {
      await mkdir(path);
      await chmod(path, mode);
    },
    symlink,
    hardlink: link,
    posixRename: rename,
    unlink: async (path) => void (await ifThere(() => unlink(path))),
    rmdir: async (path) => void (await ifThere(() => rmdir(path))),
    readFile: (path) => ifThere(() => readFile(path)),
    async writeFile(path, content, { mode, modifiedAtSec }) {
      try {
        await writeFile(path, content, { flag: 'wx' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(path, { force: true });
        throw error;
      }
      await settle(path, mode, modifiedAtSec);
    },
    async copyFile(from, to, { mode, modifiedAtSec }) {
      await copyFile(from, to, 1);
      await settle(to, mode, modifiedAtSec);
    },
    appendFile: (path, content, mode) => appendFile(path, content, { mode }),
    async touch(path, mode) {
      const file = await open(path, 'w', mode);
      try {
        await file.write('.');
        return toStat(await file.stat()).modifiedAtSec;
      } finally {
        await file.close();
      }
    },
    setTime: (path, modifiedAtSec) => utimes(path, modifiedAtSec, modifiedAtSec),
    async freeSpace(path) {
      const { bavail, bsize, ffree } = await statfs(path);
      return { bytes: bavail * bsize, inodes: ffree };
    },
  };
}

async function ifThere<T>(look: () => Promise<T>): Promise<T | null> {
  try {
    return await look();
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code)) return null;
    throw error;
  }
}

/** What OpenSSH's server tells as "no such file" (sftp-server.c, `errno_to_portable`). */
const ABSENT: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

async function settle(path: string, mode: number, modifiedAtSec?: number): Promise<void> {
  await chmod(path, mode);
  if (modifiedAtSec !== undefined) await utimes(path, modifiedAtSec, modifiedAtSec);
}

function toStat(stats: Stats): SftpStat {
  const kind = stats.isFile()
    ? 'file'
    : stats.isDirectory()
      ? 'directory'
      : stats.isSymbolicLink()
        ? 'link'
        : 'other';
  return {
    kind,
    mode: stats.mode & 0o7777,
    sizeBytes: stats.size,
    modifiedAtSec: Math.floor(stats.mtimeMs / 1000),
  };
}
