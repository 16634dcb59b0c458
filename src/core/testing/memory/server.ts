import { type Connection, CutoverError, type Sftp, type Transport } from '../../contract/index.ts';
import { sftpMembers } from './sftp.ts';
import { type DirectoryInode, placeOf } from './tree.ts';

export interface MemoryServerOptions {
  /** Room for contents. Default: a gibibyte. */
  readonly capacityBytes?: number;
}

/** A server without a shell that exists in memory only: SFTP with the extensions of OpenSSH that cutover uses. */
export interface MemoryServer {
  readonly transport: Transport;
  /** The content of a file, links followed, as text; null where there is none. */
  read(path: string): string | null;
  /** The text of a link; null where there is none. */
  readlink(path: string): string | null;
  /** Drops all connections. New ones can be made. */
  cut(reason?: string): void;
  /** While it is down nobody can connect, and what was connected is dropped. */
  setDown(isDown: boolean): void;
}

const EXTENSIONS: ReadonlySet<string> = new Set([
  'posix-rename@openssh.com',
  'hardlink@openssh.com',
  'statvfs@openssh.com',
  'fsync@openssh.com',
  'copy-data',
]);

const HOME = '/home/deploy';

export function memoryServer({ capacityBytes = 2 ** 30 }: MemoryServerOptions = {}): MemoryServer {
  const nowSec = () => Math.floor(Date.now() / 1000);
  const root = directory({ home: directory({ deploy: directory() }), srv: directory() });
  const disk = { root, home: HOME, capacityBytes, nowSec };
  const links = new Set<(reason: string) => void>();
  let isDown = false;
  const cut = (reason = 'the connection was cut') => {
    for (const drop of [...links]) drop(reason);
  };
  return {
    transport: {
      address: 'deploy@memory',
      async connect({ signal }) {
        signal.throwIfAborted();
        if (isDown) throw new CutoverError('E_UNREACHABLE', 'Could not reach deploy@memory: it is down.');
        return connection(() => sftpMembers(disk), links);
      },
    },
    read(path) {
      const inode = placeOf(root, path, true)?.inode;
      return inode?.kind === 'file' ? Buffer.from(inode.data).toString() : null;
    },
    readlink(path) {
      const inode = placeOf(root, path, false)?.inode;
      return inode?.kind === 'link' ? inode.target : null;
    },
    cut,
    setDown(down) {
      isDown = down;
      if (down) cut('the server went down');
    },
  };
}

function directory(entries: Readonly<Record<string, DirectoryInode>> = {}): DirectoryInode {
  return { kind: 'directory', mode: 0o755, modifiedAtSec: 0, entries: new Map(Object.entries(entries)) };
}

function connection(
  members: () => Omit<Sftp, 'extensions' | 'close'>,
  links: Set<(reason: string) => void>,
): Connection {
  const closed = Promise.withResolvers<string | null>();
  let gone: string | null = null;
  const leave = (reason: string | null) => {
    gone ??= reason ?? 'the connection is closed';
    links.delete(leave);
    closed.resolve(reason);
  };
  links.add(leave);
  const lost = closed.promise.then(() => {
    throw new CutoverError('E_UNKNOWN', `${gone} before the answer came`);
  });
  lost.catch(() => {});
  return {
    async sftp() {
      if (gone !== null) throw new CutoverError('E_UNREACHABLE', `No SFTP: ${gone}.`);
      let isOpen = true;
      const answering =
        (member: (...args: never[]) => Promise<unknown>) =>
        async (...args: never[]) => {
          if (gone !== null) throw new CutoverError('E_UNREACHABLE', `Could not ask: ${gone}.`);
          if (!isOpen) throw new CutoverError('E_UNKNOWN', 'Could not ask: the SFTP channel is closed.');
          return Promise.race([member(...args), lost]);
        };
      const entries = Object.entries(members()).map(([name, member]) => [name, answering(member as never)]);
      const close = () => {
        isOpen = false;
      };
      return { ...Object.fromEntries(entries), extensions: EXTENSIONS, close } as Sftp;
    },
    closed: closed.promise,
    close: async () => leave(null),
  };
}
