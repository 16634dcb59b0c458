import { createHash } from 'node:crypto';
import { bytesOf, type RawPath } from '../exclusion.ts';
import type { TreeItem } from './tree.ts';

/**
 * An index, version 2 (gitformat-index(5)), that holds these files and nothing of a work tree. What git would not take
 * as a path is left out.
 */
export function indexOf(files: readonly Pick<TreeItem, 'path' | 'object'>[]): Buffer {
  const objects = new Map(files.filter(({ path }) => isPath(path)).map(({ path, object }) => [path, object]));
  const sorted = [...objects].sort(([one], [other]) => (one < other ? -1 : 1));
  const header = Buffer.from('DIRC\0\0\0\x02\0\0\0\0');
  header.writeUInt32BE(sorted.length, 8);
  const content = Buffer.concat([header, ...sorted.map(([path, object]) => entryOf(path, object))]);
  const isSha1 = sorted.every(([, object]) => object.length === SHA1_DIGITS);
  const digest = createHash(isSha1 ? 'sha1' : 'sha256')
    .update(content)
    .digest();
  return Buffer.concat([content, digest]);
}

const SHA1_DIGITS = 40;
/** Times, device, inode, mode, owner, group and size. */
const STAT_BYTES = 40;
const MODE_AT = 24;
const LONGEST_IN_FLAGS = 0xfff;

/** Padded with one to eight NULs to a multiple of eight bytes. */
function entryOf(path: RawPath, object: string): Buffer {
  const name = bytesOf(path);
  const id = Buffer.from(object, 'hex');
  const flagsAt = STAT_BYTES + id.length;
  const entry = Buffer.alloc((flagsAt + 2 + name.length + 8) & ~7);
  entry.writeUInt32BE(0o100644, MODE_AT);
  id.copy(entry, STAT_BYTES);
  entry.writeUInt16BE(Math.min(name.length, LONGEST_IN_FLAGS), flagsAt);
  name.copy(entry, flagsAt + 2);
  return entry;
}

function isPath(path: RawPath): boolean {
  return !path
    .split('/')
    .some((name) => name === '' || name === '.' || name === '..' || /^\.git$/i.test(name));
}
