import { connect, type Socket } from 'node:net';
import { showDuration } from '../../duration.ts';

export interface Dial {
  readonly host: string;
  readonly port: number;
  /** 0: either. */
  readonly ipVersion: 0 | 4 | 6;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A TCP connection that sends small packets at once: with Nagle's algorithm an SFTP request costs 40 ms more. */
export function dial({ host, port, ipVersion, timeoutMs, signal }: Dial): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, family: ipVersion, noDelay: true });
    const stop = (error: unknown) => {
      socket.destroy();
      leave();
      reject(error);
    };
    const abort = () => stop(signal.reason);
    const timer = setTimeout(() => {
      stop(new Error(`nothing answered within ${showDuration(timeoutMs)}`));
    }, timeoutMs);
    const leave = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    signal.addEventListener('abort', abort, { once: true });
    // Stays: an error between here and the handshake must not end the process.
    socket.on('error', stop);
    socket.once('connect', () => {
      leave();
      resolve(socket);
    });
    if (signal.aborted) abort();
  });
}
