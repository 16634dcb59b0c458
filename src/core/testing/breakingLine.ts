import type { Connection, Transport } from '../contract/index.ts';

/** When the line breaks: before what is asked was begun, or after it was done but before anybody heard of it. */
export type Cut = 'before' | 'after';

/** The server over connections made over by `faulty`; `connects` of the counts tells how often it was connected. */
export function connectedThrough<Counts extends { connects: number }>(
  inner: Transport,
  counts: Counts,
  faulty: (connection: Connection, line: BreakingLine) => Connection,
): Transport & { readonly counts: Counts } {
  return {
    address: inner.address,
    counts,
    async connect(scope) {
      counts.connects += 1;
      const connection = await inner.connect(scope);
      return faulty(connection, breakingLine(connection));
    },
  };
}

export interface BreakingLine {
  readonly isLost: () => boolean;
  lose(): void;
  /** Resolves to the reason. */
  readonly lost: Promise<string>;
  /** Of the connection, whoever ends it. */
  readonly closed: Connection['closed'];
}

export function breakingLine(inner: Connection): BreakingLine {
  const lost = Promise.withResolvers<string>();
  let isLost = false;
  return {
    isLost: () => isLost,
    lose() {
      isLost = true;
      lost.resolve('the line was cut');
    },
    lost: lost.promise,
    closed: Promise.race([inner.closed, lost.promise]),
  };
}
