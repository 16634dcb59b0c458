import type { Connection, Sftp } from '../../../core/contract/index.ts';
import { makeUser } from './client.ts';
import { type MemorySftp, type MemorySftpOptions, memorySftp } from './memorySftp.ts';
import { startTestServer, type TestServer, type TestServerOptions } from './server.ts';

export const KIB = 1024;

export interface Linked extends AsyncDisposable {
  readonly server: TestServer;
  readonly connection: Connection;
  readonly memory: MemorySftp;
  readonly sftp: Sftp;
}

/** A fresh SFTP channel. Null: to a server that has none. */
export async function open(options: MemorySftpOptions | TestServerOptions | null = {}): Promise<Linked> {
  const memory = memorySftp((options ?? {}) as MemorySftpOptions);
  const server = await startTestServer(
    options === null ? {} : { onSftp: memory.serve, ...('onSftp' in options ? options : {}) },
  );
  const user = await makeUser();
  const dispose = async () => {
    await user[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  };
  try {
    await user.trust(server);
    const connection = await user.connectTo(server);
    const sftp = (await connection.sftp?.()) as Sftp;
    return { server, connection, memory, sftp, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

export async function* chunks(...sizesBytes: number[]): AsyncGenerator<Uint8Array> {
  for (const [index, sizeBytes] of sizesBytes.entries()) yield Buffer.alloc(sizeBytes, index + 1);
}

export function whole(...sizesBytes: number[]): Buffer {
  return Buffer.concat(sizesBytes.map((sizeBytes, index) => Buffer.alloc(sizeBytes, index + 1)));
}
