import { type Connection, CutoverError, type Sftp, type Transport } from '../contract/index.ts';
import { type BreakingLine, type Cut, connectedThrough } from './breakingLine.ts';

/** Which requests never give an answer, counted over all connections; the first is 1. */
export type RequestCuts = (index: number, name: string) => Cut | null;

export interface FaultySftpTransport extends Transport {
  readonly counts: { connects: number; requests: number };
}

/** A server whose line breaks before or after a request, with all that is under way then. */
export function faultySftp(inner: Transport, cutAt: RequestCuts): FaultySftpTransport {
  const counts = { connects: 0, requests: 0 };
  return connectedThrough(inner, counts, (connection, line) =>
    faultyConnection(connection, line, cutAt, counts),
  );
}

function faultyConnection(
  inner: Connection,
  { isLost, lose, closed }: BreakingLine,
  cutAt: RequestCuts,
  counts: { requests: number },
): Connection {
  const answering =
    (name: string, member: (...args: readonly unknown[]) => Promise<unknown>) =>
    async (...args: readonly unknown[]): Promise<unknown> => {
      if (isLost()) throw new CutoverError('E_UNREACHABLE', 'The line was cut.');
      counts.requests += 1;
      const cut = cutAt(counts.requests, name);
      if (cut === 'before') lose();
      const answer = isLost() ? null : await member(...args);
      if (cut === 'after') lose();
      if (isLost()) throw new CutoverError('E_UNKNOWN', 'The line was cut.');
      return answer;
    };
  return {
    async sftp(options) {
      const sftp = (await inner.sftp?.(options)) as Sftp;
      const members = Object.entries(sftp).map(([name, member]) => [
        name,
        typeof member === 'function' && name !== 'close' ? answering(name, member) : member,
      ]);
      return Object.fromEntries(members) as Sftp;
    },
    closed,
    close: () => inner.close(),
  };
}
