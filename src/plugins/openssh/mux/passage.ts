import { connect, type Socket } from 'node:net';
import { showDuration } from '../../duration.ts';
import { deframe, encode, type Field, type Reader, reader, uint32 } from './wire.ts';

/**
 * A way through a master to its server, on which packets of the SSH connection protocol travel as they are. See OpenSSH's
 * PROTOCOL.mux, "Requesting proxy mode" (since OpenSSH 7.4). It carries all channels, and is not closed before the master
 * ends: a master dies of one that is closed when the server has refused a channel of it (chan_send_close2: no remote_id).
 */
export interface Passage {
  /** `tail` follows the fields as it is. `done` is called when it is sent, or never will be. */
  send(type: number, fields: readonly Field[], tail?: Uint8Array, done?: () => void): void;
}

export interface Listener {
  readonly onPacket: (type: number, packet: Reader) => void;
  /** The master has gone, or what came makes no sense. */
  readonly onLost: (why: string) => void;
}

/** Rejects with why the master cannot be spoken to. */
export function openPassage(socketPath: string, listener: Listener, limitMs = LIMIT_MS): Promise<Passage> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let isOpen = false;
    const lose = (why: string) => {
      socket.destroy();
      if (isOpen) listener.onLost(why);
      else reject(new Error(why));
    };
    const take = deframe((frame) => {
      if (isOpen) return tell(listener, frame);
      const packet = reader(frame);
      const type = packet.uint32();
      if (type === HELLO) return checkVersion(packet.uint32());
      if (type !== PROXY_GRANTED) throw new Error(`ssh answered ${type} where it should let us through`);
      isOpen = true;
      socket.setTimeout(0);
      resolve(passage(socket));
    });
    socket
      .on('data', (chunk: Buffer) => {
        try {
          take(chunk);
        } catch (error) {
          lose((error as Error).message);
        }
      })
      .on('error', (error) => lose(error.message))
      .on('close', () => lose('ssh has closed its socket'))
      .setTimeout(limitMs, () => lose(`ssh did not answer within ${showDuration(limitMs)}`));
    for (const request of [
      [HELLO, VERSION],
      [PROXY_WANTED, 0],
    ]) {
      const body = encode(request);
      socket.write(Buffer.concat([uint32(body.length), body]));
    }
  });
}

/** It answers itself, and asks no server. */
const LIMIT_MS = 20_000;

const HELLO = 0x00000001;
const VERSION = 4;
const PROXY_WANTED = 0x1000000f;
const PROXY_GRANTED = 0x8000000f;

function checkVersion(version: number): void {
  if (version !== VERSION) throw new Error(`ssh speaks version ${version} of its protocol for masters`);
}

function tell(listener: Listener, frame: Buffer): void {
  const packet = reader(frame);
  // The length of the padding: there is none.
  packet.byte();
  listener.onPacket(packet.byte(), packet);
}

function passage(socket: Socket): Passage {
  return {
    send(type, fields, tail, done) {
      if (socket.destroyed) return done?.();
      const body = encode(fields);
      const head = Buffer.concat([uint32(2 + body.length + (tail?.length ?? 0)), Buffer.of(0, type), body]);
      const sent = () => done?.();
      socket.cork();
      socket.write(head, tail === undefined ? sent : undefined);
      if (tail !== undefined) socket.write(tail, sent);
      socket.uncork();
    },
  };
}
