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
  readonly sftp?: () => Promise<Sftp>;
  /** Resolves when the link is gone: null when it was closed by us, else why. Never rejects. */
  readonly closed: Promise<string | null>;
  close(): Promise<void>;
}

export interface ExecRequest {
  /** Program and arguments. The transport quotes them for the login shell with `quoteAll`. */
  readonly argv: readonly string[];
  /** Sent whole, then closed. Absent: closed at once. When the source throws, the command is ended and `exec` rejects with that. */
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

/** draft-ietf-secsh-filexfer-02 (version 3) with OpenSSH's extensions (PROTOCOL, section 4). */
export interface Sftp {
  /** Names of the extensions that the server announced, for example `posix-rename@openssh.com`. */
  readonly extensions: ReadonlySet<string>;
  /** Does not follow links. Null when nothing is there. */
  lstat(path: string): Promise<SftpStat | null>;
  /** Null when nothing is there. */
  readlink(path: string): Promise<string | null>;
  list(path: string): Promise<readonly SftpEntry[]>;
  mkdir(path: string, mode: number): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  /** rename(2): replaces what is there, atomically. Rejects with `E_CAPABILITY` where the server has no such extension. */
  posixRename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  rmdir(path: string): Promise<void>;
  readFile(path: string): Promise<Uint8Array>;
  /**
   * Creates `path` exclusively, writes, asks for fsync where the server can, compares the size, sets the mode.
   * Rejects on any difference (`E_DISK_FULL` where the file system says so) and leaves no file behind.
   */
  writeFile(
    path: string,
    content: AsyncIterable<Uint8Array>,
    options: { readonly mode: number },
  ): Promise<void>;
  /** Bytes and inodes free for the user, or null where the server cannot say. */
  freeSpace(path: string): Promise<{ readonly bytes: number; readonly inodes: number } | null>;
  close(): void;
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
