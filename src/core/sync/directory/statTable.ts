import type { FileStat } from './disk.ts';

/**
 * Hashes of files, sorted by path: `rows` has ROW_WORDS words of 8 bytes for each, the six of its FileStat and its
 * sha256.
 */
export interface StatTable {
  /** Before the first of them was read. */
  readonly takenAtMs: number;
  readonly paths: readonly string[];
  readonly rows: Uint8Array;
}

export interface TableBuilder {
  /** In the order of paths. */
  add(path: string, row: Uint8Array): void;
  taken(takenAtMs: number): StatTable;
}

export const ROW_WORDS = 10;
export const ROW_BYTES = ROW_WORDS * 8;

/** What comes after the first million files, or 64 million characters of paths, is not kept. */
export function tableBuilder(): TableBuilder {
  const paths: string[] = [];
  let rows = new Uint8Array(1024 * ROW_BYTES);
  let characters = 0;
  return {
    add(path, row) {
      characters += path.length;
      if (paths.length === MOST_FILES || characters > MOST_CHARACTERS) return;
      const at = paths.length * ROW_BYTES;
      if (at === rows.length) rows = grown(rows);
      rows.set(row, at);
      paths.push(path);
    },
    taken: (takenAtMs) => ({ takenAtMs, paths, rows: rows.subarray(0, paths.length * ROW_BYTES) }),
  };
}

export function rowOf(stat: FileStat, hash: string): Uint8Array {
  const words = new BigInt64Array(ROW_WORDS);
  words.set([stat.dev, stat.ino, stat.size, stat.mode, stat.mtimeNs, stat.ctimeNs]);
  const row = Buffer.from(words.buffer);
  row.write(hash, HASH_AT, 'hex');
  return row;
}

export function rowIn({ rows }: StatTable, index: number): Uint8Array {
  return rows.subarray(index * ROW_BYTES, (index + 1) * ROW_BYTES);
}

export function wordsOf({ rows }: StatTable): BigInt64Array {
  const aligned = rows.byteOffset % 8 === 0 ? rows : new Uint8Array(rows);
  return new BigInt64Array(aligned.buffer, aligned.byteOffset, aligned.length / 8);
}

/** Whether the row that begins at word `at` is of this state of a file. */
export function statIs(words: BigInt64Array, at: number, stat: FileStat): boolean {
  return (
    words[at] === stat.dev &&
    words[at + 1] === stat.ino &&
    words[at + 2] === stat.size &&
    words[at + 3] === stat.mode &&
    words[at + 4] === stat.mtimeNs &&
    words[at + 5] === stat.ctimeNs
  );
}

export function hashIn({ rows }: StatTable, index: number): string {
  const at = index * ROW_BYTES;
  return Buffer.from(rows.buffer, rows.byteOffset + at + HASH_AT, ROW_BYTES - HASH_AT).toString('hex');
}

const HASH_AT = 48;
const MOST_FILES = 1_000_000;
const MOST_CHARACTERS = 64_000_000;

function grown(rows: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(rows.length * 2);
  larger.set(rows);
  return larger;
}
