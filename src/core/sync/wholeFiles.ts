import type { TreeDiff } from './diff.ts';

/** A file that an interrupted upload has left; one that was cut off has another size, or not yet its time. */
export interface Received {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAtSec: number;
}

/**
 * What has arrived whole: tar gives a file its time when it is done with it. If anything is there that this upload would
 * not send, nothing is relied on.
 */
export function wholeFiles(
  arrived: readonly Received[],
  diff: TreeDiff,
  timeSec: number,
): ReadonlySet<string> {
  if (!areAllWanted(arrived, diff)) return new Set();
  const wanted = new Map(diff.upload.map((entry) => [entry.path, entry]));
  const whole = arrived.filter(
    (file) => file.modifiedAtSec === timeSec && file.sizeBytes === wanted.get(file.path)?.sizeBytes,
  );
  return new Set(whole.map(({ path }) => path));
}

/** What this upload would not send is another one's. */
export function areAllWanted(arrived: readonly Received[], { upload }: TreeDiff): boolean {
  const files = new Set(upload.filter(({ kind }) => kind === 'file').map(({ path }) => path));
  return arrived.every(({ path }) => files.has(path));
}
