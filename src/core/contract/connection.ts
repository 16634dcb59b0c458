/**
 * One open link to a server. A capability is the presence of a member: a connection without `exec` cannot run
 * commands, one without `sftp` cannot transfer files by SFTP.
 */
export interface Connection {
  /**
   * Runs one command. Rejects when the command was not started or the signal fired; once it was started it
   * resolves, also when the link breaks: then `exit.type` is `unknown`, which is neither success nor failure.
   */
  readonly exec?: (request: ExecRequest) => Promise<ExecResult>;
  /** Opens an SFTP channel. Every call on it ends: with an answer, or rejected when the channel or link is gone. */
  readonly sftp?: (options?: SftpOptions) => Promise<Sftp>;
  /** Resolves when the link is gone: null when it was closed by us, else why. Never rejects. */
  readonly closed: Promise<string | null>;
  close(): Promise<void>;
}

export interface ExecRequest {
  /** Program and arguments. The transport quotes them for the login shell with `quoteAll`. */
  readonly argv: readonly string[];
  /**
   * Sent whole, then closed. Absent: closed at once. When the source throws, the command is ended and `exec` rejects with
   * that. A chunk must be sent or copied before the next is asked for: its memory may be used again.
   */
  readonly stdin?: string | AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
  /** Called for every piece as it comes; the result still keeps the last `keepBytes`. */
  readonly onStdout?: (chunk: Uint8Array) => void;
  readonly onStderr?: (chunk: Uint8Array) => void;
  /** How much of the end of each stream the result holds. Default 65,536. */
  readonly keepBytes?: number;
}

export type Exit =
  | { readonly type: 'code'; readonly code: number }
  | { readonly type: 'signal'; readonly signal: string }
  | { readonly type: 'unknown'; readonly reason: string };

export interface ExecResult {
  readonly exit: Exit;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

export interface SftpOptions {
  /** So many requests may wait for their answers at a time; more wait to be sent. Default 256. */
  readonly outstanding?: number;
}

/**
 * draft-ietf-secsh-filexfer-02 (version 3) with OpenSSH's extensions (PROTOCOL, section 4). Calls may be made without
 * waiting for the ones before. What fails rejects with `E_REMOTE` or, where the file system says so, `E_DISK_FULL`; with
 * `E_UNKNOWN`, `E_TIMEOUT` or `E_UNREACHABLE` when the channel is gone or silent.
 */
export interface Sftp {
  /** Names of the extensions that the server announced, for example `posix-rename@openssh.com`. */
  readonly extensions: ReadonlySet<string>;
  /** Does not follow links. Null when nothing is there. */
  lstat(path: string): Promise<SftpStat | null>;
  /** Follows links. Null when nothing is there. */
  stat(path: string): Promise<SftpStat | null>;
  /** Null when nothing is there. */
  readlink(path: string): Promise<string | null>;
  /** The absolute path without links; `.` is where a login starts. Null when the server cannot say. */
  realpath(path: string): Promise<string | null>;
  /** Null when nothing is there. */
  list(path: string): Promise<readonly SftpEntry[] | null>;
  /** Rejects when the name is taken; a directory of that name may get the mode all the same. */
  mkdir(path: string, mode: number): Promise<void>;
  /** symlink(2): rejects when the name is taken. */
  symlink(target: string, path: string): Promise<void>;
  /** link(2): a second name for a file. Absent where the server has no such extension. */
  readonly hardlink?: (path: string, another: string) => Promise<void>;
  /** rename(2): replaces what is there, atomically. Rejects with `E_CAPABILITY` where the server has no such extension. */
  posixRename(from: string, to: string): Promise<void>;
  /** Of a file or link. Does nothing where nothing is there. */
  unlink(path: string): Promise<void>;
  /** Of an empty directory. Does nothing where nothing is there. */
  rmdir(path: string): Promise<void>;
  /** Null when nothing is there. */
  readFile(path: string): Promise<Uint8Array | null>;
  /**
   * Creates `path` exclusively, writes, compares the size, sets the mode and, where given, the time.
   * Rejects on any difference (`E_DISK_FULL` where the file system says so) and leaves no file behind.
   */
  writeFile(path: string, content: AsyncIterable<Uint8Array>, options: SftpFileOptions): Promise<void>;
  /** A new file with the content of another, copied by the server where it has copy-data, else through here. As `writeFile`. */
  copyFile(from: string, to: string, options: SftpFileOptions): Promise<void>;
  /** Adds to the end of a file, which is made where it is missing, and asks for fsync where the server can. */
  appendFile(path: string, content: Uint8Array, mode: number): Promise<void>;
  /**
   * Makes a file of one byte, or writes that byte anew, so that the file gets the time of the server's own clock. Gives
   * that, in seconds since 1970.
   */
  touch(path: string, mode: number): Promise<number>;
  /** Of a file or directory; follows links. */
  setTime(path: string, modifiedAtSec: number): Promise<void>;
  /** Bytes and inodes free for the user, or null where the server cannot say. */
  freeSpace(path: string): Promise<{ readonly bytes: number; readonly inodes: number } | null>;
  close(): void;
}

export interface SftpFileOptions {
  readonly mode: number;
  /** Default: the server's clock. */
  readonly modifiedAtSec?: number;
  /** Asks for fsync where the server can. Default: true. */
  readonly isSynced?: boolean;
}

export interface SftpStat {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  readonly mode: number;
  readonly sizeBytes: number;
  readonly modifiedAtSec: number;
}

export interface SftpEntry extends SftpStat {
  readonly name: string;
}
