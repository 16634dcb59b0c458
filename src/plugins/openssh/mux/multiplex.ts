import { setTimeout as delay } from 'node:timers/promises';
import { MESSAGE } from './message.ts';
import { openPassage } from './passage.ts';
import type { Field, Reader } from './wire.ts';

/** Many channels on one passage. */
export interface Multiplex {
  attach(handlers: Handlers): Line;
  /** Resolves when the passage is gone, with why. Who knows why the link is gone says so first. */
  readonly lost: Promise<string>;
}

/** What to do with a packet, by its type. The number of the channel has been read. */
export type Handlers = Readonly<Record<number, (packet: Reader) => void>>;

/** One channel, seen from here. */
export interface Line {
  open(type: string, windowBytes: number, packetBytes: number): void;
  /** The number that the server has given the channel, which `send` puts into each packet. */
  answer(theirId: number): void;
  readonly send: (type: number, fields: readonly Field[], tail?: Uint8Array, done?: () => void) => void;
  /** No packet comes any more. */
  detach(): void;
}

/** Rejects with why the master cannot be spoken to. */
export async function openMultiplex(socketPath: string, gone: Promise<unknown>): Promise<Multiplex> {
  const lines = new Map<number, Handlers>();
  const lost = Promise.withResolvers<string>();
  let nextId = 0;
  const passage = await openPassage(socketPath, {
    onPacket: (type, packet) => {
      if (type < MESSAGE.opened || type > MESSAGE.failure) return;
      lines.get(packet.uint32())?.[type]?.(packet);
    },
    onLost: (why) => {
      void Promise.race([gone, delay(PATIENCE_MS, undefined, { ref: false })]).then(() => lost.resolve(why));
    },
  });
  return {
    lost: lost.promise,
    attach(handlers) {
      // Never used again: a master keeps those that the server has refused.
      const ourId = nextId++;
      let theirId = 0;
      lines.set(ourId, handlers);
      return {
        open: (type, windowBytes, packetBytes) =>
          passage.send(MESSAGE.open, [type, ourId, windowBytes, packetBytes]),
        answer: (id) => {
          theirId = id;
        },
        send: (type, fields, tail, done) => passage.send(type, [theirId, ...fields], tail, done),
        detach: () => void lines.delete(ourId),
      };
    },
  };
}

const PATIENCE_MS = 1_000;
