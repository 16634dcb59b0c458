import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface Throttle extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** From now on nothing is slow. */
  open(): void;
}

/** A TCP link on the loopback that takes only so much towards the server, over each of its connections. */
export async function startThrottle(to: {
  readonly host: string;
  readonly port: number;
  readonly bytesPerSecond: number;
}): Promise<Throttle> {
  const sockets = new Set<Socket>();
  const opened = new AbortController();
  const chunkBytes = Math.ceil(to.bytesPerSecond / 20);

  const slowly = async (client: Socket, upstream: Socket) => {
    for await (const data of client as AsyncIterable<Buffer>) {
      for (let rest = data; rest.length > 0; rest = rest.subarray(chunkBytes)) {
        await delay(50, undefined, { signal: opened.signal }).catch(() => {});
        upstream.write(rest.subarray(0, chunkBytes));
      }
    }
    upstream.end();
  };
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: to.host, port: to.port, noDelay: true });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.once('error', () => other.destroy()).once('close', () => other.destroy());
    }
    upstream.pipe(client);
    slowly(client, upstream).catch(() => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    open: () => opened.abort(),
    async [Symbol.asyncDispose]() {
      opened.abort();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
