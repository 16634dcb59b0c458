import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RateLimit extends AsyncDisposable {
  readonly port: number;
}

/**
 * A TCP link on the loopback that carries so many bytes a second in each direction, all connections together, as a
 * line does.
 */
export async function startRateLimit(port: number, bytesPerSec: number): Promise<RateLimit> {
  const sockets = new Set<Socket>();
  const up = line(bytesPerSec);
  const down = line(bytesPerSec);
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
    void pass(client, upstream, up);
    void pass(upstream, client, down);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a timer that fired late may be made good for. */
const slackMs = 20;

/** Gives each piece its time on the line. */
function line(bytesPerSec: number): (bytes: number) => Promise<void> {
  let freeAtMs = 0;
  return async (bytes) => {
    const now = performance.now();
    freeAtMs = Math.max(freeAtMs, now - slackMs) + (bytes / bytesPerSec) * 1000;
    if (freeAtMs - now > 1) await sleep(freeAtMs - now);
  };
}

async function pass(from: Socket, to: Socket, onLine: (bytes: number) => Promise<void>): Promise<void> {
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      await onLine(chunk.length);
      if (!to.write(chunk)) await new Promise((resolve) => to.once('drain', resolve).once('close', resolve));
    }
    to.end();
  } catch {
    to.destroy();
  }
}
