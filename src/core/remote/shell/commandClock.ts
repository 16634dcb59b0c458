import type { CommandRequest } from '../engine.ts';

export type Why = 'timeout' | 'idle' | 'cancelled';

export interface CommandClock {
  /** Resolves when the command must be ended. */
  readonly ringing: Promise<Why>;
  /** So many bytes are new in the log; null: the connection was lost, and what is printed now is heard later. */
  news(bytes: number | null): void;
  stop(): void;
}

/** Watches the limits of a command, and the wish to stop. */
export function commandClock(request: CommandRequest, signal: AbortSignal): CommandClock {
  const { promise, resolve } = Promise.withResolvers<Why>();
  const { timeoutMs, idleTimeoutMs } = request;
  let isConnected = false;
  let isDue = false;
  const ring = () => {
    if (isConnected) resolve('idle');
    else isDue = true;
  };
  const cancel = () => resolve('cancelled');
  signal.addEventListener('abort', cancel, { once: true });
  const total = timeoutMs === null ? null : setTimeout(() => resolve('timeout'), timeoutMs);
  const idle = idleTimeoutMs === null ? null : setTimeout(ring, idleTimeoutMs);
  return {
    ringing: promise,
    news(bytes) {
      isConnected = bytes !== null;
      if (bytes === null) return;
      if (bytes > 0) {
        isDue = false;
        idle?.refresh();
      } else if (isDue) resolve('idle');
    },
    stop() {
      signal.removeEventListener('abort', cancel);
      if (total !== null) clearTimeout(total);
      if (idle !== null) clearTimeout(idle);
    },
  };
}
