import type { Connection, Transport } from '../contract/index.ts';

/** One login: it is open until it is let in, and heeds no signal. */
export interface StuckLogin {
  readonly signal: AbortSignal;
  letIn(): void;
  isClosed(): boolean;
}

/** A server at which a login only ends when it is let in. `connect`: what it is let in to. */
export function stuckTransport(connect: Transport['connect'] = async () => inert()): {
  readonly transport: Transport;
  readonly logins: readonly StuckLogin[];
  /** Resolves once this many logins were begun. */
  readonly begun: (count: number) => Promise<void>;
} {
  const logins: StuckLogin[] = [];
  let more = Promise.withResolvers<void>();
  const transport: Transport = {
    address: 'there',
    async connect(scope) {
      const entry = Promise.withResolvers<void>();
      let isClosed = false;
      logins.push({ signal: scope.signal, letIn: entry.resolve, isClosed: () => isClosed });
      more.resolve();
      more = Promise.withResolvers();
      await entry.promise;
      const connection = await connect(scope);
      const close = () => {
        isClosed = true;
        return connection.close();
      };
      return { ...connection, close };
    },
  };
  const begun = async (count: number) => {
    while (logins.length < count) await more.promise;
  };
  return { transport, logins, begun };
}

function inert(): Connection {
  const closed = Promise.withResolvers<string | null>();
  return { closed: closed.promise, close: async () => closed.resolve(null) };
}
