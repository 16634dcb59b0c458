import { lstatSync } from 'node:fs';
import { type Disk, type FileStat, realDisk } from '../disk.ts';

/**
 * The real files, with times of a clock that stands still until it is moved and ticks as coarsely as wanted. Whoever
 * changes a file has to say so.
 */
export interface CoarseDisk extends Disk {
  advance(ms: number): void;
  /** The content, or the inode itself when `ctime` only, was changed just now. */
  changed(path: string, times: 'both' | 'ctime'): void;
  /** touch -r. */
  copyMtime(from: string, to: string): void;
}

export interface CoarseClock {
  readonly tickMs: number;
  /** How far the clock of the file system is ahead of ours; null: it is ours. */
  readonly aheadMs: number | null;
}

export function coarseDisk({ tickMs, aheadMs }: CoarseClock): CoarseDisk {
  const times = new Map<string, Pick<FileStat, 'mtimeNs' | 'ctimeNs'>>();
  let nowMs = 1_795_000_000_000;
  const start = tickOf(nowMs);
  function tickOf(ms: number): bigint {
    return BigInt(Math.floor((ms + (aheadMs ?? 0)) / tickMs) * tickMs) * 1_000_000n;
  }
  const shown = (stat: FileStat): FileStat => {
    const { dev, ino, size, mode } = stat;
    return { dev, ino, size, mode, ...(times.get(`${ino}`) ?? { mtimeNs: start, ctimeNs: start }) };
  };
  const at = (path: string) => shown(realDisk.lstat(Buffer.from(path)));
  const set = (path: string, mtimeNs: bigint) =>
    times.set(`${lstatSync(path, { bigint: true }).ino}`, { mtimeNs, ctimeNs: tickOf(nowMs) });
  return {
    nowMs: () => nowMs,
    lstat: (path) => shown(realDisk.lstat(path)),
    fstat: (descriptor) => shown(realDisk.fstat(descriptor)),
    usesOurClock: () => aheadMs === null,
    advance: (ms) => {
      nowMs += ms;
    },
    changed: (path, what) => set(path, what === 'both' ? tickOf(nowMs) : at(path).mtimeNs),
    copyMtime: (from, to) => set(to, at(from).mtimeNs),
  };
}
