import { type BigIntStats, constants, fstatSync, lstatSync, statfsSync } from 'node:fs';

/** What tells one state of a file from another. Times are nanoseconds; `mode` says also what kind of thing it is. */
export type FileStat = Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mode' | 'mtimeNs' | 'ctimeNs'>;

/** What is asked about files without reading them. */
export interface Disk {
  nowMs(): number;
  lstat(path: Uint8Array): FileStat;
  fstat(descriptor: number): FileStat;
  /** Whether the file system of this path takes its times from this machine's clock. */
  usesOurClock(path: Uint8Array): boolean;
}

export const realDisk: Disk = {
  nowMs: Date.now,
  lstat: (path) => lstatSync(Buffer.from(path), { bigint: true }),
  fstat: (descriptor) => fstatSync(descriptor, { bigint: true }),
  usesOurClock: (path) => {
    try {
      return OUR_CLOCK.has(statfsSync(Buffer.from(path)).type);
    } catch {
      return false;
    }
  },
};

/** `f_type` of statfs(2): ext2 to ext4, XFS, btrfs, tmpfs, overlayfs, ZFS, F2FS, bcachefs. */
const OUR_CLOCK: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010, 0xca451a4e,
]);

export function isRegular(stat: FileStat): boolean {
  return (Number(stat.mode) & constants.S_IFMT) === constants.S_IFREG;
}

export function isSameStat(a: FileStat, b: FileStat): boolean {
  return (
    a.dev === b.dev &&
    a.ino === b.ino &&
    a.size === b.size &&
    a.mode === b.mode &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs
  );
}
