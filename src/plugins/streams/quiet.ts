import type { Readable } from 'node:stream';

/**
 * Resolves when all streams have ended, or none of them has said anything for `quietMs`: a child left in the
 * background may hold them open for ever. The streams must already be flowing.
 */
export function untilQuiet(streams: readonly Readable[], quietMs: number): Promise<void> {
  return new Promise((resolve) => {
    const open = new Set(streams.filter((stream) => !stream.readableEnded && !stream.destroyed));
    let timer: NodeJS.Timeout | undefined;

    const finish = () => {
      clearTimeout(timer);
      for (const stream of streams) stream.off('data', restart);
      resolve();
    };
    const restart = () => {
      clearTimeout(timer);
      timer = setTimeout(finish, quietMs);
    };
    const leave = (stream: Readable) => {
      open.delete(stream);
      if (open.size === 0) finish();
    };

    if (open.size === 0) return finish();
    restart();
    for (const stream of open) {
      stream.on('data', restart);
      for (const event of ['end', 'close', 'error']) stream.once(event, () => leave(stream));
    }
  });
}
