import type { Connection, ExecResult, Transport } from '../contract/index.ts';
import { localTransport } from './localConnection.ts';

export interface Watched extends Transport {
  /** What was asked for so far, and how each ended. */
  readonly execs: Promise<ExecResult>[];
}

/** This machine, with room for so many commands at a time; who comes later waits, as for a channel. */
export function roomFor(most: number, inner: Transport = localTransport()): Watched {
  const execs: Promise<ExecResult>[] = [];
  const waiting: (() => void)[] = [];
  let running = 0;
  const enter = async (signal: AbortSignal) => {
    while (running >= most) {
      const turn = Promise.withResolvers<void>();
      const leave = () => {
        waiting.splice(waiting.indexOf(turn.resolve) >>> 0, 1);
        turn.reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      waiting.push(turn.resolve);
      await turn.promise;
    }
    running++;
  };
  return {
    address: inner.address,
    execs,
    async connect(scope) {
      const connection = await inner.connect(scope);
      return {
        ...connection,
        exec: (request) => {
          const result = enter(request.signal).then(() =>
            connection.exec!(request).finally(() => {
              running--;
              waiting.shift()?.();
            }),
          );
          execs.push(result);
          return result;
        },
      } satisfies Connection;
    },
  };
}
