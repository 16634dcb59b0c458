import { comparePaths } from '../order.ts';
import type { FileStat } from './disk.ts';
import type { Settled } from './settled.ts';
import {
  hashIn,
  ROW_WORDS,
  rowIn,
  rowOf,
  type StatTable,
  statIs,
  type TableBuilder,
  tableBuilder,
  wordsOf,
} from './statTable.ts';

/**
 * The hashes of the time before, and those of this time. A hash is believed when everything that the file system says
 * of the file is as it was when it was read. Must be asked and told in the order of paths.
 */
export interface StatCache {
  /** Whether it is worth looking at the file at all. */
  knows(path: string): boolean;
  /** sha256, hex; null: the file is to be read. */
  find(path: string, stat: FileStat): string | null;
  /** Of a file that was read, and that had this `stat` before and after. */
  keep(path: string, stat: FileStat, hash: string): void;
  /** What is to be written for the next time; null: what stands there already is as good, or nearly. */
  changed(): StatTable | null;
}

/** `before` null: nothing is known. So it is when it was written while the clock showed a later time than now. */
export function statCache(before: StatTable | null, settled: Settled): StatCache {
  const known = before !== null && before.takenAtMs <= settled.nowMs ? before : EMPTY;
  const words = wordsOf(known);
  const found: number[] = [];
  const fresh = tableBuilder();
  let freshFiles = 0;
  let freshBytes = 0;
  let cursor = 0;
  const knows = (path: string) => {
    cursor = seek(known.paths, cursor, path);
    return known.paths[cursor] === path;
  };
  return {
    knows,
    find(path, stat) {
      if (!knows(path) || !statIs(words, cursor * ROW_WORDS, stat)) return null;
      found.push(cursor);
      return hashIn(known, cursor);
    },
    keep(path, stat, hash) {
      if (!settled.has(stat)) return;
      fresh.add(path, rowOf(stat, hash));
      freshFiles += 1;
      freshBytes += Number(stat.size);
    },
    changed() {
      const gone = known.paths.length - found.length;
      const many = (freshFiles + gone) * WORTH_ONE_IN > found.length + freshFiles;
      if (!many && freshBytes <= WORTH_BYTES) return null;
      return merged(known, found, fresh.taken(settled.nowMs));
    },
  };
}

/** To read one small file, or 64 kB of a large one, takes as long as to write some tens of rows. */
const WORTH_ONE_IN = 100;
const WORTH_BYTES = 8 * 2 ** 20;

const EMPTY: StatTable = { takenAtMs: 0, paths: [], rows: new Uint8Array() };

/** The first place, from `start` on, of a path that does not come before `path`. */
function seek(paths: readonly string[], start: number, path: string): number {
  for (let index = start; ; index += 1) {
    const there = paths[index];
    if (there === undefined || there === path || comparePaths(there, path) > 0) return index;
  }
}

function merged(known: StatTable, found: readonly number[], fresh: StatTable): StatTable {
  if (found.length === 0) return fresh;
  const table = tableBuilder();
  let next = 0;
  for (const index of found) {
    const path = known.paths[index] ?? '';
    for (const end = seek(fresh.paths, next, path); next < end; next += 1) copy(fresh, next, table);
    copy(known, index, table);
  }
  for (; next < fresh.paths.length; next += 1) copy(fresh, next, table);
  return table.taken(fresh.takenAtMs);
}

function copy(from: StatTable, index: number, to: TableBuilder): void {
  to.add(from.paths[index] ?? '', rowIn(from, index));
}
