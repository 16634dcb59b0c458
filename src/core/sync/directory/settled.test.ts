import { describe, expect, test } from 'vitest';
import type { Disk, FileStat } from './disk.ts';
import { settledAt } from './settled.ts';

const NOW_MS = 1_795_000_000_000;
const agoNs = (ms: number) => BigInt(NOW_MS - ms) * 1_000_000n;
const stat = (mtimeMsAgo: number, ctimeMsAgo: number, dev = 1n): FileStat => ({
  ...{ dev, ino: 2n, size: 3n, mode: 0o100644n },
  mtimeNs: agoNs(mtimeMsAgo),
  ctimeNs: agoNs(ctimeMsAgo),
});

function settled(usesOurClock: boolean) {
  const disk: Disk = {
    nowMs: () => NOW_MS,
    lstat: () => stat(0, 0),
    fstat: () => stat(0, 0),
    usesOurClock: () => usesOurClock,
  };
  return settledAt(disk, Buffer.from('/site'));
}

const MINUTE = 60_000;

describe('a file can change unseen', () => {
  test.each<[string, boolean, FileStat]>([
    ['written three seconds ago', true, stat(3000, 3000)],
    ['touched three seconds ago', true, stat(MINUTE, 3000)],
    ['dated three seconds ago', true, stat(3000, MINUTE)],
    ['dated into the future', true, stat(-MINUTE, MINUTE)],
    ['written when the clock was ahead', true, stat(-MINUTE, -MINUTE)],
    ['of another file system, written minutes ago', true, stat(10 * MINUTE, 10 * MINUTE, 9n)],
    ["of another machine's clock, written minutes ago", false, stat(10 * MINUTE, 10 * MINUTE)],
  ])('when it is %s', (_, ourClock, file) => expect(settled(ourClock).has(file)).toBe(false));
});

describe('a file cannot change unseen', () => {
  test.each<[string, boolean, FileStat]>([
    ['its times lie further back', true, stat(3001, 3001)],
    ['they lie far back on another file system', true, stat(16 * MINUTE, 16 * MINUTE, 9n)],
    ["they lie far back by another machine's clock", false, stat(16 * MINUTE, 16 * MINUTE)],
  ])('when %s', (_, ourClock, file) => expect(settled(ourClock).has(file)).toBe(true));
});
