import { CutoverError, errorCode, type Sftp } from '../../../core/contract/index.ts';
import type { InputAttributes, SFTPWrapper } from '../client.ts';
import { appendFile, touch } from './append.ts';
import type { Calls, Done } from './calls.ts';
import { copyFile } from './copy.ts';
import { diagnose, type FreeSpace, NO_SUCH_FILE, refusal, statusOf } from './failure.ts';
import { type Attributes, list, toStat } from './list.ts';
import { checkPath } from './path.ts';
import { readFile } from './read.ts';
import { type Writer, writeFile } from './write.ts';

/** The contract's operations over an SFTP channel. */
export function sftpOver(
  sftp: SFTPWrapper,
  calls: Calls,
  extensions: ReadonlySet<string>,
): Omit<Sftp, 'close'> {
  const lookUp = async <T>(attempt: string, start: (done: Done<T>) => void): Promise<T | null> => {
    try {
      return await calls.run(attempt, start);
    } catch (error) {
      if (statusOf(error) === NO_SUCH_FILE) return null;
      throw refusal(attempt, error);
    }
  };
  /** What changes a directory may fail because the disk is full, which the server does not say. */
  const change = async (attempt: string, path: string, start: (done: Done<unknown>) => void) => {
    try {
      await calls.run(attempt, start);
    } catch (error) {
      throw await diagnose(attempt, error, () => freeSpace(parentOf(path)));
    }
  };
  const freeSpace = async (path: string): Promise<FreeSpace | null> => {
    if (!extensions.has('statvfs@openssh.com')) return null;
    const attempt = `see how much room there is at ${path}`;
    const found = await lookUp<FileSystem>(attempt, (done) => sftp.ext_openssh_statvfs(path, done as never));
    return found === null ? null : { bytes: found.f_bavail * found.f_frsize, inodes: found.f_favail };
  };

  const writerTo = (path: string): Writer => ({
    sftp,
    calls,
    canFsync: extensions.has('fsync@openssh.com'),
    freeSpace: () => freeSpace(parentOf(path)),
  });

  return {
    extensions,
    lstat: async (path) => {
      const found = await lookUp<Attributes>(`look at ${checkPath(path)}`, (done) => sftp.lstat(path, done));
      return found === null ? null : toStat(found);
    },
    stat: async (path) => {
      const found = await lookUp<Attributes>(`look at ${checkPath(path)}`, (done) => sftp.stat(path, done));
      return found === null ? null : toStat(found);
    },
    readlink: async (path) =>
      lookUp<string>(`read the link ${checkPath(path)}`, (done) => sftp.readlink(path, done)),
    realpath: async (path) => {
      try {
        return await lookUp<string>(`resolve ${checkPath(path)}`, (done) => sftp.realpath(path, done));
      } catch (error) {
        // Servers differ in what they say of a path that does not exist.
        if (errorCode(error) === 'E_REMOTE') return null;
        throw error;
      }
    },
    list: async (path) => list(sftp, calls, checkPath(path)),
    mkdir: async (path, mode) => {
      const attempt = `make the directory ${checkPath(path)}`;
      const made = change(attempt, path, (done) => sftp.mkdir(path, { mode }, done as () => void));
      // The server's umask has taken its share.
      const opened = change(attempt, path, (done) => sftp.chmod(path, mode, done as () => void));
      await Promise.allSettled([made, opened]);
      await made;
      await opened;
    },
    symlink: async (target, path) => {
      const attempt = `make the link ${checkPath(path)}`;
      checkPath(target);
      await change(attempt, path, (done) => sftp.symlink(target, path, done as () => void));
    },
    ...(extensions.has('hardlink@openssh.com')
      ? {
          hardlink: async (path: string, another: string) => {
            const attempt = `link ${checkPath(path)} as ${checkPath(another)}`;
            await change(attempt, another, (done) =>
              sftp.ext_openssh_hardlink(path, another, done as () => void),
            );
          },
        }
      : {}),
    posixRename: async (from, to) => {
      const attempt = `rename ${checkPath(from)} to ${checkPath(to)}`;
      if (!extensions.has('posix-rename@openssh.com')) throw noPosixRename(attempt);
      await change(attempt, to, (done) => sftp.ext_openssh_rename(from, to, done as () => void));
    },
    unlink: async (path) =>
      ifThere(() =>
        change(`remove ${checkPath(path)}`, path, (done) => sftp.unlink(path, done as () => void)),
      ),
    rmdir: async (path) =>
      ifThere(() =>
        change(`remove the directory ${checkPath(path)}`, path, (done) =>
          sftp.rmdir(path, done as () => void),
        ),
      ),
    readFile: async (path) => readFile(sftp, calls, checkPath(path)),
    writeFile: async (path, content, options) => writeFile(writerTo(path), checkPath(path), content, options),
    copyFile: async (from, to, options) =>
      copyFile(
        { ...writerTo(to), canCopy: extensions.has('copy-data') },
        checkPath(from),
        checkPath(to),
        options,
      ),
    appendFile: async (path, content, mode) => appendFile(writerTo(path), checkPath(path), content, mode),
    touch: async (path, mode) => touch(writerTo(path), checkPath(path), mode),
    setTime: async (path, modifiedAtSec) =>
      change(`set the time of ${checkPath(path)}`, path, (done) =>
        sftp.setstat(
          path,
          { atime: modifiedAtSec, mtime: modifiedAtSec } as InputAttributes,
          done as () => void,
        ),
      ),
    freeSpace: async (path) => freeSpace(checkPath(path)),
  };
}

interface FileSystem {
  readonly f_bavail: number;
  readonly f_frsize: number;
  readonly f_favail: number;
}

/** What is gone already need not be removed. */
async function ifThere(remove: () => Promise<void>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (statusOf((error as Error).cause ?? {}) !== NO_SUCH_FILE) throw error;
  }
}

function parentOf(path: string): string {
  const slash = path.replace(/\/+$/, '').lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, slash) || '/';
}

function noPosixRename(attempt: string): CutoverError {
  return new CutoverError(
    'E_CAPABILITY',
    `Could not ${attempt}: the server's SFTP lacks posix-rename@openssh.com, so nothing can be replaced atomically.`,
    { hint: 'Use a server with OpenSSH’s sftp-server or internal-sftp, or an account with a shell.' },
  );
}
