import { type Connection, CutoverError, type Scope, type Transport } from '../contract/index.ts';

export interface LoginLimits {
  /** So long a login may take whatever its transport allows, in milliseconds. */
  readonly longestMs?: number;
  /** So long a transport has to end what it began once its signal has fired, in milliseconds. */
  readonly graceMs?: number;
}

/** Longer than any look at a server may take; the deadlines of transports are much shorter. */
const LONGEST_MS = 5 * 60_000;
const GRACE_MS = 500;

/**
 * Connects as the transport does, and gives it up when the signal of the scope fires, or when it takes too long: a transport of a plugin may
 * heed nothing. What comes of it later is closed. Rejects with what the transport does, with the signal's reason, or with `E_UNREACHABLE`.
 * The timers keep the process alive: nothing else might.
 */
export async function connect(
  server: string,
  transport: Transport,
  scope: Scope,
  { longestMs = LONGEST_MS, graceMs = GRACE_MS }: LoginLimits = {},
): Promise<Connection> {
  scope.signal.throwIfAborted();
  const late = new AbortController();
  const signal = AbortSignal.any([scope.signal, late.signal]);
  const ignored = Promise.withResolvers<never>();
  const timers = [setTimeout(() => late.abort(tooLong(server, transport, longestMs)), longestMs)];
  const stop = () => timers.push(setTimeout(() => ignored.reject(signal.reason), graceMs));
  signal.addEventListener('abort', stop, { once: true });
  const connecting = (async () => {
    const connection = await transport.connect({ ...scope, signal });
    if (!signal.aborted) return connection;
    await connection.close();
    throw signal.reason;
  })();
  try {
    return await Promise.race([connecting, ignored.promise]);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', stop);
    for (const timer of timers) clearTimeout(timer);
  }
}

function tooLong(server: string, { address }: Transport, longestMs: number): CutoverError {
  return new CutoverError(
    'E_UNREACHABLE',
    `${server}: nobody was logged in at ${address} within ${longestMs / 1000} s, and it was given up.`,
    { server },
  );
}
