import type { Disk, FileStat } from './disk.ts';
import { attempt } from './openFile.ts';

/** Which files can change no more without their times telling it. */
export interface Settled {
  /** Before anything was looked at. */
  readonly nowMs: number;
  has(stat: FileStat): boolean;
}

/**
 * A file that was written a moment ago may be written again in the same tick of the file system's clock, and then
 * looks the same (git calls it racily clean: Documentation/technical/racy-git.txt). Only one whose times lie further
 * back than a tick, as seen from before it was read, gets another time when it changes. Where times come from the
 * clock of another machine, they must lie further back than two clocks in use may differ.
 */
export function settledAt(disk: Disk, root: Uint8Array): Settled {
  const nowMs = Math.floor(disk.nowMs());
  const { dev } = attempt(root, () => disk.lstat(Buffer.concat([root, Buffer.from('/.')])));
  const ourClock = disk.usesOurClock(root);
  const latest = { ours: nanoseconds(nowMs - LONGEST_TICK_MS), others: nanoseconds(nowMs - LARGEST_SKEW_MS) };
  return {
    nowMs,
    has: ({ dev: device, mtimeNs, ctimeNs }) => {
      const before = ourClock && device === dev ? latest.ours : latest.others;
      return mtimeNs < before && ctimeNs < before;
    },
  };
}

/** FAT keeps even seconds, the kernel's own ticks are of at most 10 ms. */
const LONGEST_TICK_MS = 3000;
const LARGEST_SKEW_MS = 15 * 60_000;

function nanoseconds(ms: number): bigint {
  return BigInt(ms) * 1_000_000n;
}
