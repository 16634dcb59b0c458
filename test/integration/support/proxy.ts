import { type AddressInfo, connect, createServer } from 'node:net';
import { type Cut, type CutMode, type Direction, type Link, linkSockets } from './proxyLink.ts';

export interface ProxyOptions {
  /** Where connections go; a function is asked anew for each. */
  readonly port: number | (() => number);
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Added to each direction: 50 makes a round trip 100 ms longer. Connecting itself is not slowed. */
  readonly delayMs?: number;
  /** `connections`: how many are cut before the link is healthy. Default: every one. */
  readonly cut?: Cut & { readonly connections?: number };
}

export interface Proxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Connections accepted so far. */
  connections(): number;
  /** Bytes delivered so far, over all connections. */
  bytes(direction: Direction): number;
  /**
   * How often a client has spoken after it was spoken to: on a slow link no fewer than the round trips that were waited
   * for, and more where several things go on at a time.
   */
  turns(): number;
  /** Cuts what is open now. Later connections are healthy. */
  cutNow(mode: CutMode): void;
  /** Later connections are not cut. */
  heal(): void;
  close(): Promise<void>;
}

/** A TCP link on the loopback that can be slow and can break. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const links = new Set<Link>();
  const delivered = { toServer: 0, toClient: 0 };
  let accepted = 0;
  let turns = 0;
  let isHealed = false;

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    accepted += 1;
    const isHealthy = isHealed || accepted > (options.cut?.connections ?? Number.POSITIVE_INFINITY);
    const upstream = connect({
      host: options.host ?? '127.0.0.1',
      port: typeof options.port === 'number' ? options.port : options.port(),
      allowHalfOpen: true,
      noDelay: true,
    });
    const link = linkSockets(client, upstream, {
      delayMs: options.delayMs ?? 0,
      cut: isHealthy ? undefined : options.cut,
      onDelivered: (direction, bytes) => {
        delivered[direction] += bytes;
      },
      onTurn: () => {
        turns += 1;
      },
    });
    links.add(link);
    client.once('close', () => upstream.destroyed && links.delete(link));
    upstream.once('close', () => client.destroyed && links.delete(link));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });

  const close = async (): Promise<void> => {
    for (const link of links) link.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    connections: () => accepted,
    bytes: (direction) => delivered[direction],
    turns: () => turns,
    cutNow: (mode) => {
      for (const link of links) link.cut(mode);
    },
    heal: () => {
      isHealed = true;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
