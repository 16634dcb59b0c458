import type { Connection, ExecRequest, Transport } from '../contract/index.ts';
import { CutoverError } from '../contract/index.ts';

/** When the line breaks: before the command was started, or after it has ended but before anybody heard of it. */
export type Cut = 'before' | 'after';

/** Which commands of a server never give an answer, counted over all its connections; the first is 1. */
export type Cuts = Readonly<Record<number, Cut>> | ((request: ExecRequest, index: number) => Cut | null);

export interface FaultyTransport extends Transport {
  /** How often it was connected, and how many commands were asked for. */
  readonly counts: { connects: number; execs: number };
}

/** A server whose line breaks: the command's exit is unknown, and the connection is gone. */
export function faultyTransport(inner: Transport, cuts: Cuts): FaultyTransport {
  const counts = { connects: 0, execs: 0 };
  return {
    address: inner.address,
    counts,
    async connect(scope) {
      counts.connects++;
      return faultyConnection(await inner.connect(scope), cuts, counts);
    },
  };
}

export function faultyConnection(inner: Connection, cuts: Cuts, counts = { execs: 0 }): Connection {
  const lost = Promise.withResolvers<string>();
  let isLost = false;
  return {
    async exec(request) {
      if (isLost) throw new CutoverError('E_UNREACHABLE', 'The connection is gone.');
      const index = ++counts.execs;
      const cut = typeof cuts === 'function' ? cuts(request, index) : (cuts[index] ?? null);
      if (cut === null) return inner.exec!(request);
      if (cut === 'after') {
        const { onStdout, onStderr, ...unheard } = request;
        await inner.exec!(unheard);
      }
      isLost = true;
      lost.resolve('the line was cut');
      const nothing = new Uint8Array();
      return { exit: { type: 'unknown', reason: 'the line was cut' }, stdout: nothing, stderr: nothing };
    },
    closed: Promise.race([inner.closed, lost.promise]),
    close: () => inner.close(),
  };
}
