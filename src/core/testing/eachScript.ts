import type { Connection, ExecRequest } from '../contract/index.ts';

/**
 * A connection that waits for `before` ahead of each script, however the scripts travel: with a shell of its own, or
 * through one that is kept open. A shell in which nothing is run yet is not counted.
 */
export function eachScript(
  inner: Connection,
  before: (request: ExecRequest) => Promise<unknown> | unknown,
): Connection {
  return {
    ...inner,
    async exec(request) {
      const { stdin } = request;
      if (typeof stdin === 'object') return inner.exec!({ ...request, stdin: gated(request, stdin, before) });
      await before(request);
      return inner.exec!(request);
    },
  };
}

/** Through a shell that is kept open each piece is a script; the pieces of an upload belong to one. */
export async function* gated(
  request: ExecRequest,
  pieces: AsyncIterable<Uint8Array>,
  before: (request: ExecRequest, piece: Uint8Array) => Promise<unknown> | unknown,
): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const piece of pieces) {
    if (isFirst || isKeptOpen(request)) await before(request, piece);
    isFirst = false;
    yield piece;
  }
}

/** A shell that runs one script after the other. */
export function isKeptOpen({ argv, stdin }: ExecRequest): boolean {
  return argv.join(' ') === 'sh -s' && typeof stdin === 'object';
}
