import type { Sftp } from '../../contract/index.ts';

/** One operation on a server: its requests, and where they go. */
export interface Place {
  /** Its name, for messages. */
  readonly server: string;
  /** Who logs in where, for messages. */
  readonly address: string;
  /** No request is sent any more once the operation is to stop. */
  readonly sftp: Sftp;
  /** Absolute deploy path, `~/` resolved. */
  readonly path: string;
  /** Below the deploy path. */
  at(...names: readonly string[]): string;
}

/** Null when nothing is there. What a power cut can leave in a file, NUL, is left out. */
export async function readText({ sftp }: Place, path: string): Promise<string | null> {
  const bytes = await sftp.readFile(path);
  return bytes === null ? null : Buffer.from(bytes).toString('utf8').replaceAll('\0', '');
}

/** A small file of ours, under a name that is free. */
export async function writeText({ sftp }: Place, path: string, text: string): Promise<void> {
  await sftp.writeFile(path, once(Buffer.from(text)), { mode: 0o600 });
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
