import type { Connection, Scope, Transport } from '../contract/index.ts';
import { CutoverError } from '../contract/index.ts';

/** A server as the engine sees it: an open connection, opened again when the last one was lost. */
export interface Link {
  readonly server: string;
  readonly address: string;
  connection(): Promise<Connection>;
  close(): Promise<void>;
}

export function openLink(server: string, transport: Transport, scope: Scope): Link {
  let opening: Promise<Connection> | null = null;
  let ended = false;

  const connect = async (): Promise<Connection> => {
    const connection = await transport.connect(scope);
    void connection.closed.then(() => {
      opening = null;
    });
    return connection;
  };

  return {
    server,
    address: transport.address,
    connection() {
      if (ended) throw new CutoverError('E_BUG', `The link to ${server} was used after it was closed.`);
      if (opening === null) {
        opening = connect();
        opening.catch(() => {
          opening = null;
        });
      }
      return opening;
    },
    async close() {
      ended = true;
      const connection = await opening?.catch(() => null);
      await connection?.close();
    },
  };
}
