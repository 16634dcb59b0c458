import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface BlackHole extends AsyncDisposable {
  readonly port: number;
  /** From now on nothing passes, and nobody is told. */
  readonly swallow: () => void;
}

/** A TCP link to a port on this machine that can fall silent. */
export async function startBlackHole(to: number): Promise<BlackHole> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const socket of [near, far]) sockets.add(socket.on('error', () => {}));
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    swallow: () => {
      for (const socket of sockets) socket.unpipe().on('data', () => {});
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
