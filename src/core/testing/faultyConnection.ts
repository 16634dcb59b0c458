import type { Connection, ExecRequest, ExecResult, Transport } from '../contract/index.ts';
import { CutoverError } from '../contract/index.ts';
import { type BreakingLine, type Cut, connectedThrough } from './breakingLine.ts';
import { gated, isKeptOpen } from './eachScript.ts';

/** Which commands of a server never give an answer, counted over all its connections; the first is 1. */
export type Cuts = Readonly<Record<number, Cut>> | ((request: ExecRequest, index: number) => Cut | null);

export interface FaultyTransport extends Transport {
  /** How often it was connected, and how many commands were asked for. */
  readonly counts: { connects: number; execs: number };
}

/** A server whose line breaks: the command's exit is unknown, and the connection is gone. */
export function faultyTransport(inner: Transport, cuts: Cuts): FaultyTransport {
  const counts = { connects: 0, execs: 0 };
  return connectedThrough(inner, counts, (connection, line) =>
    faultyConnection(connection, line, cuts, counts),
  );
}

/** A script that goes through an open shell is a command as well, with that script as its `stdin`; so is a line for one. */
function faultyConnection(
  inner: Connection,
  { isLost, lose, lost, closed }: BreakingLine,
  cuts: Cuts,
  counts: { execs: number },
): Connection {
  const nothing = new Uint8Array();
  const unheard = lost.then(
    (reason): ExecResult => ({ exit: { type: 'unknown', reason }, stdout: nothing, stderr: nothing }),
  );
  const cutOf = (request: ExecRequest): Cut | null => {
    const index = ++counts.execs;
    return typeof cuts === 'function' ? cuts(request, index) : (cuts[index] ?? null);
  };

  const execStream = (request: ExecRequest, stdin: AsyncIterable<Uint8Array>): Promise<ExecResult> => {
    let ends: RegExp | null = null;
    let unheardText = '';
    let isMuted = false;
    const before = (_: ExecRequest, piece: Uint8Array) => {
      const text = Buffer.from(piece).toString();
      // How often a clock is asked depends on how quick it is.
      if (text === ': tick\n') return;
      const cut = cutOf(isKeptOpen(request) ? { ...request, stdin: text } : request);
      if (cut === 'before') {
        lose();
        throw new Error('the line was cut');
      }
      isMuted = cut === 'after';
      const mark = /(\w+) "\$\?"\n/.exec(text)?.[1];
      // What has no mark is a line for the script that runs.
      if (isKeptOpen(request) && mark !== undefined) ends = new RegExp(`\n${mark} \\d+\n`);
    };
    const running = inner.exec!({
      ...request,
      stdin: gated(request, stdin, before),
      onStdout: (chunk) => {
        if (!isMuted) return request.onStdout?.(chunk);
        unheardText = (unheardText + Buffer.from(chunk).toString('latin1')).slice(-1000);
        // One that waits for a line ends for nobody who does not hear it.
        if (ends?.test(unheardText) || unheardText.includes('armed\0')) lose();
      },
      onStderr: (chunk) => {
        if (!isMuted) request.onStderr?.(chunk);
      },
    }).finally(() => {
      if (isMuted) lose();
    });
    running.catch(() => {});
    return Promise.race([unheard, running.then((result) => (isMuted ? unheard : result))]);
  };

  return {
    async exec(request) {
      if (isLost()) throw new CutoverError('E_UNREACHABLE', 'The connection is gone.');
      if (typeof request.stdin === 'object') return execStream(request, request.stdin);
      const cut = cutOf(request);
      if (cut === null) return inner.exec!(request);
      if (cut === 'after') {
        const { onStdout, onStderr, ...silent } = request;
        await inner.exec!(silent);
      }
      lose();
      return unheard;
    },
    closed,
    close: () => inner.close(),
  };
}
