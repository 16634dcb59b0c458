import { Duplex, Readable } from 'node:stream';
import type { CommandChannel } from '../../sessions/session.ts';
import { MESSAGE } from './message.ts';
import type { Line } from './multiplex.ts';
import { openWindow } from './window.ts';

/** The two ends of a channel: what a command sees, and what comes from the server. */
export interface Ends {
  readonly channel: CommandChannel;
  readonly windowBytes: number;
  /** The server takes so much more, in packets of at most so much. */
  readonly allow: (bytes: number, packetBytes?: number) => void;
  readonly receive: (chunk: Uint8Array, isError: boolean) => void;
  readonly receiveEnd: () => void;
  /** The server has closed the channel. What has come before may still be read. */
  readonly receiveClose: () => void;
  /** Nothing will come any more. */
  readonly lose: () => void;
}

export function channelEnds(send: Line['send']): Ends {
  const window = openWindow((bytes) => {
    if (!isClosed) send(MESSAGE.adjust, [bytes]);
  });
  const outgoing = outgoingData(send);
  let isClosed = false;
  let hasEnded = false;
  let mustDrain = true;
  const close = () => {
    if (!isClosed) send(MESSAGE.close, []);
    isClosed = true;
  };

  const stderr = new Readable({ read: () => window.wanted(stderr), autoDestroy: false });
  const stdout = new Duplex({
    // Closed is what the server has closed, not what has been read and written to its end.
    autoDestroy: false,
    read: () => window.wanted(stdout),
    write: (chunk: Buffer, _encoding, done) => outgoing.write(chunk, done),
    final: (done) => {
      if (!isClosed) send(MESSAGE.eof, []);
      done();
    },
  });
  const lose = () => {
    isClosed = true;
    outgoing.drop();
    stderr.destroy();
    stdout.destroy();
  };
  const receiveEnd = () => {
    if (!hasEnded) for (const stream of [stdout, stderr]) stream.push(null);
    hasEnded = true;
  };
  return {
    channel: Object.assign(stdout, {
      stderr,
      signal: (name: string) => {
        if (!isClosed) send(MESSAGE.request, ['signal', false, name]);
      },
      close: () => {
        mustDrain = false;
        close();
      },
    }),
    windowBytes: window.sizeBytes,
    allow: outgoing.allow,
    receive: (chunk, isError) => {
      if (!hasEnded) window.push(isError ? stderr : stdout, chunk);
    },
    receiveEnd,
    receiveClose() {
      close();
      outgoing.drop();
      receiveEnd();
      if (mustDrain) void Promise.all([read(stdout), read(stderr)]).then(lose);
      else lose();
    },
    lose,
  };
}

function read(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.readableEnded || stream.destroyed) return resolve();
    stream.once('end', resolve).once('close', resolve);
  });
}

/** Sends no more than the server has room for. */
function outgoingData(send: Line['send']) {
  let roomBytes = 0;
  let mostBytes = 0;
  let held: { readonly chunk: Uint8Array; readonly done: () => void } | null = null;

  const flush = () => {
    while (held !== null && roomBytes > 0) {
      const { chunk, done } = held;
      const length = Math.min(chunk.length, roomBytes, mostBytes);
      const rest = chunk.subarray(length);
      roomBytes -= length;
      held = rest.length === 0 ? null : { chunk: rest, done };
      const sent = held === null ? done : undefined;
      send(MESSAGE.data, [length], chunk.subarray(0, length), sent);
    }
  };
  return {
    allow(bytes: number, packetBytes = mostBytes) {
      roomBytes += bytes;
      mostBytes = packetBytes;
      flush();
    },
    write(chunk: Uint8Array, done: () => void) {
      held = { chunk, done };
      flush();
    },
    /** Who waits for room waits no longer. */
    drop() {
      const dropped = held;
      held = null;
      roomBytes = 0;
      dropped?.done();
    },
  };
}
