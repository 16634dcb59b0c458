import type { Socket } from 'node:net';

export type Direction = 'toServer' | 'toClient';

export type CutMode =
  /** Both sides see a reset. */
  | 'reset'
  /** Both sides see an orderly end. */
  | 'fin'
  /** Nothing moves any more and nobody is told, as when a cable is pulled. */
  | 'blackhole';

export interface Cut {
  readonly mode: CutMode;
  /** The direction whose bytes are counted; exactly so many of a connection come through. */
  readonly direction: Direction;
  readonly afterBytes: number;
}

export interface Link {
  cut(mode: CutMode): void;
  destroy(): void;
}

export interface LinkOptions {
  readonly delayMs: number;
  readonly cut: Cut | undefined;
  readonly onDelivered: (direction: Direction, bytes: number) => void;
  /** The client says something, having heard something since it last did. */
  readonly onTurn: () => void;
}

/** More than this on its way in one direction makes the sender wait. */
const windowBytes = 32 * 1024 * 1024;

/** Passes on what two half-open sockets send, late or not, until one ends or the link is cut. */
export function linkSockets(client: Socket, upstream: Socket, options: LinkOptions): Link {
  let isCut = false;
  let wasAnswered = true;

  const cut = (mode: CutMode): void => {
    if (isCut) return;
    isCut = true;
    for (const socket of [client, upstream]) {
      if (mode === 'reset') socket.resetAndDestroy();
      else if (mode === 'fin') socket.resume().end();
      else socket.pause();
    }
  };
  const later = (act: () => void): void => {
    const unlessCut = (): void => {
      if (!isCut) act();
    };
    if (options.delayMs === 0) unlessCut();
    else setTimeout(unlessCut, options.delayMs);
  };

  const pass = (from: Socket, to: Socket, direction: Direction): void => {
    const limitBytes =
      options.cut?.direction === direction ? options.cut.afterBytes : Number.POSITIVE_INFINITY;
    let passedBytes = 0;
    let waitingBytes = 0;

    const deliver = (chunk: Buffer): void => {
      const part = chunk.subarray(0, limitBytes - passedBytes);
      passedBytes += part.length;
      if (direction === 'toClient') wasAnswered = true;
      to.write(part, () => {
        options.onDelivered(direction, part.length);
        waitingBytes -= chunk.length;
        if (passedBytes >= limitBytes && options.cut) cut(options.cut.mode);
        if (!isCut && waitingBytes < windowBytes) from.resume();
      });
    };
    from.on('data', (chunk: Buffer) => {
      if (isCut) return;
      if (direction === 'toServer' && wasAnswered) {
        wasAnswered = false;
        options.onTurn();
      }
      waitingBytes += chunk.length;
      if (waitingBytes >= windowBytes) from.pause();
      later(() => deliver(chunk));
    });
    from.on('end', () => later(() => to.end()));
    from.on('error', () => later(() => to.resetAndDestroy()));
  };

  pass(client, upstream, 'toServer');
  pass(upstream, client, 'toClient');
  return {
    cut,
    destroy: () => {
      isCut = true;
      client.destroy();
      upstream.destroy();
    },
  };
}
