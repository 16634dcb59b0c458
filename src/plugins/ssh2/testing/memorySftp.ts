import { type FileEntry, type SFTPWrapper, utils } from 'ssh2';
import { sshString } from './sshString.ts';

const { STATUS_CODE, OPEN_MODE } = utils.sftp;

export interface MemoryFile {
  kind: 'file' | 'directory';
  mode: number;
  data: Buffer;
}

export interface MemorySftpOptions {
  /** Name and version of the extensions that it announces. Default: those of OpenSSH that are used here. */
  readonly extensions?: Readonly<Record<string, string>>;
  /** Room for contents. Writing more fails with `Failure`, as on a full disk. */
  readonly capacityBytes?: number;
  /** What does not fit is dropped without a word. */
  readonly isSilentWhenFull?: boolean;
  /** Given each request's name; `ignore`: it is never answered. */
  readonly onRequest?: (name: string) => 'answer' | 'ignore';
}

export interface MemorySftp {
  readonly files: Map<string, MemoryFile>;
  readonly requests: string[];
  /** For `onSftp` of the test server. */
  readonly serve: (accept: () => SFTPWrapper) => void;
  /** Of the last client: closes its channel. */
  readonly closeChannel: () => void;
}

export const OPENSSH_EXTENSIONS = {
  'posix-rename@openssh.com': '1',
  'statvfs@openssh.com': '2',
  'fsync@openssh.com': '1',
};

/** An SFTP server over a Map, for what a real one would not do on demand. */
export function memorySftp(options: MemorySftpOptions = {}): MemorySftp {
  const files = new Map<string, MemoryFile>([['/', directory(0o755)]]);
  const requests: string[] = [];
  let last: SFTPWrapper | null = null;
  return {
    files,
    requests,
    serve: (accept) => {
      last = accept();
      serve(last, files, options, (name) => {
        requests.push(name);
        return options.onRequest?.(name) !== 'ignore';
      });
    },
    closeChannel: () => last?.end(),
  };
}

function serve(
  sftp: SFTPWrapper,
  files: Map<string, MemoryFile>,
  options: MemorySftpOptions,
  isAnswered: (name: string) => boolean,
): void {
  const raw = rawChannel(sftp);
  raw.announce(options.extensions ?? OPENSSH_EXTENSIONS);
  const handles = new Map<string, { path: string; listed: boolean }>();
  const capacity = options.capacityBytes ?? Number.POSITIVE_INFINITY;
  const used = () => [...files.values()].reduce((sum, { data }) => sum + data.length, 0);
  const done = (id: number, code: number = STATUS_CODE.OK) => sftp.status(id, code);
  const at = (handle: Buffer) => handles.get(handle.toString());
  const fileAt = (handle: Buffer) => files.get(at(handle)?.path ?? '');
  const open = (id: number, path: string) => {
    const handle = String(handles.size);
    handles.set(handle, { path, listed: false });
    sftp.handle(id, Buffer.from(handle));
  };
  const on = (name: string, handle: (id: number, ...rest: never[]) => void) =>
    sftp.on(
      name as 'OPEN',
      ((id: number, ...rest: never[]) => {
        if (isAnswered(name)) handle(id, ...rest);
      }) as never,
    );
  const attributes = (id: number, file: MemoryFile | undefined) =>
    file === undefined ? done(id, STATUS_CODE.NO_SUCH_FILE) : sftp.attrs(id, toAttributes(file) as never);

  on('OPEN', (id, path: string, flags: number, { mode }: { mode?: number }) => {
    if (!(flags & OPEN_MODE.CREAT))
      return files.has(path) ? open(id, path) : done(id, STATUS_CODE.NO_SUCH_FILE);
    if (files.has(path) && flags & OPEN_MODE.EXCL) return done(id, STATUS_CODE.FAILURE);
    files.set(path, { kind: 'file', mode: (mode ?? 0o666) & ~0o022, data: Buffer.alloc(0) });
    open(id, path);
  });
  on('WRITE', (id, handle: Buffer, offset: number, data: Buffer) => {
    const file = fileAt(handle);
    if (file === undefined) return done(id, STATUS_CODE.FAILURE);
    const grow = Math.max(0, offset + data.length - file.data.length);
    if (used() + grow > capacity)
      return done(id, options.isSilentWhenFull ? STATUS_CODE.OK : STATUS_CODE.FAILURE);
    if (grow > 0) file.data = Buffer.concat([file.data, Buffer.alloc(grow)]);
    data.copy(file.data, offset);
    done(id);
  });
  on('READ', (id, handle: Buffer, offset: number, length: number) => {
    const data = fileAt(handle)?.data.subarray(offset, offset + Math.min(length, 20_000));
    if (data === undefined || data.length === 0) done(id, STATUS_CODE.EOF);
    else sftp.data(id, data);
  });
  on('FSTAT', (id, handle: Buffer) => attributes(id, fileAt(handle)));
  on('LSTAT', (id, path: string) => attributes(id, files.get(path)));
  on('FSETSTAT', (id, handle: Buffer, { mode }: { mode?: number }) => {
    const file = fileAt(handle);
    if (file !== undefined && mode !== undefined) file.mode = mode;
    done(id);
  });
  on('SETSTAT', (id, path: string, { mode }: { mode?: number }) => {
    const file = files.get(path);
    if (file !== undefined && mode !== undefined) file.mode = mode & 0o7777;
    done(id, file === undefined ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.OK);
  });
  on('CLOSE', (id) => done(id));
  on('MKDIR', (id, path: string, { mode }: { mode?: number }) => {
    if (files.has(path)) return done(id, STATUS_CODE.FAILURE);
    files.set(path, directory((mode ?? 0o777) & ~0o077));
    done(id);
  });
  on('REMOVE', (id, path: string) =>
    done(id, files.delete(path) ? STATUS_CODE.OK : STATUS_CODE.NO_SUCH_FILE),
  );
  on('RMDIR', (id, path: string) => done(id, files.delete(path) ? STATUS_CODE.OK : STATUS_CODE.NO_SUCH_FILE));
  on('OPENDIR', (id, path: string) => open(id, path));
  on('READDIR', (id, handle: Buffer) => {
    const entry = at(handle);
    if (entry === undefined || entry.listed) return done(id, STATUS_CODE.EOF);
    entry.listed = true;
    sftp.name(id, listing(files, entry.path));
  });
  on('EXTENDED', (id, name: string, data: Buffer) => {
    if (name === 'statvfs@openssh.com') raw.reply(id, statvfs(Math.max(0, capacity - used())));
    else if (name === 'posix-rename@openssh.com') {
      const [from = '', to = ''] = strings(data);
      const file = files.get(from);
      if (file === undefined) return done(id, STATUS_CODE.NO_SUCH_FILE);
      files.delete(from);
      files.set(to, file);
      done(id);
    } else done(id);
  });
}

/** What ssh2's server cannot say: extensions, and replies to extended requests. */
function rawChannel(sftp: SFTPWrapper) {
  const inner = sftp as unknown as {
    _protocol: { channelData(id: number, data: Buffer): void };
    outgoing: { id: number };
  };
  const send = inner._protocol.channelData.bind(inner._protocol);
  return {
    announce: (extensions: Readonly<Record<string, string>>) => {
      const version = Buffer.from([2, 0, 0, 0, 3]);
      inner._protocol.channelData = (id, data) => {
        const isVersion = data.length === 9 && data[4] === 2;
        send(id, isVersion ? packet(version, ...Object.entries(extensions).flat().map(sshString)) : data);
      };
    },
    reply: (id: number, body: Buffer) => {
      const head = Buffer.alloc(5);
      head[0] = 201;
      head.writeUInt32BE(id, 1);
      send(inner.outgoing.id, packet(head, body));
    },
  };
}

function packet(...parts: readonly Buffer[]): Buffer {
  return sshString(Buffer.concat(parts));
}

function strings(data: Buffer): readonly string[] {
  const found: string[] = [];
  for (let at = 0; at < data.length; ) {
    const length = data.readUInt32BE(at);
    found.push(data.subarray(at + 4, at + 4 + length).toString());
    at += 4 + length;
  }
  return found;
}

/** Eleven numbers; see PROTOCOL of OpenSSH, 4.4. */
function statvfs(freeBytes: number): Buffer {
  const free = Number.isFinite(freeBytes) ? freeBytes : 2 ** 40;
  const body = Buffer.alloc(88);
  [1, 1, 2 ** 40, free, free, 1000, 1000, 1000, 0, 0, 255].forEach((value, index) => {
    body.writeBigUInt64BE(BigInt(value), index * 8);
  });
  return body;
}

function directory(mode: number): MemoryFile {
  return { kind: 'directory', mode, data: Buffer.alloc(0) };
}

function toAttributes({ kind, mode, data }: MemoryFile) {
  const type = kind === 'file' ? 0o100_000 : 0o040_000;
  return { mode: type | mode, uid: 0, gid: 0, size: data.length, atime: 1, mtime: 1 };
}

function listing(files: Map<string, MemoryFile>, path: string): FileEntry[] {
  const inside = path === '/' ? path : `${path}/`;
  const entries = [...files]
    .filter(([name]) => name.startsWith(inside) && name !== path && !name.slice(inside.length).includes('/'))
    .map(([name, file]) => ({ filename: name.slice(inside.length), file }));
  return [
    { filename: '.', file: directory(0o755) },
    { filename: '..', file: directory(0o755) },
    ...entries,
  ].map(({ filename, file }) => ({ filename, longname: filename, attrs: toAttributes(file) as never }));
}
