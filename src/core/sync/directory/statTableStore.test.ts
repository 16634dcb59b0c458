import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../testing/entries.ts';
import { inScratch } from '../testing/observe.ts';
import { rowOf, type StatTable, tableBuilder } from './statTable.ts';
import { statTableStore } from './statTableStore.ts';

function tableAt(takenAtMs: number, files = 1): StatTable {
  const table = tableBuilder();
  const stat = { dev: 1n, ino: 2n, size: 3n, mode: 4n, mtimeNs: 5n, ctimeNs: 6n };
  for (let index = 0; index < files; index += 1)
    table.add(`${index}`.padStart(6, '0'), rowOf(stat, sha256(`${takenAtMs}`)));
  return table.taken(takenAtMs);
}

const onlyFile = (directory: string) => join(directory, readdirSync(directory)[0] ?? '');

describe('a kept table', () => {
  test('comes back, and to nobody else', () =>
    inScratch(async (scratch) => {
      const directory = join(scratch, 'not/there/yet');
      expect(statTableStore(directory, 'site').load()).toBeNull();
      await statTableStore(directory, 'site').save(tableAt(7));
      expect(statTableStore(directory, 'site').load()).toEqual({
        ...tableAt(7),
        rows: Buffer.from(tableAt(7).rows),
      });
      expect(statTableStore(directory, 'other').load()).toBeNull();
      expect(statSync(onlyFile(directory)).mode & 0o7777).toBe(0o600);
      expect(statSync(directory).mode & 0o7777).toBe(0o700);
    }));

  test('is not believed under the name of another', () =>
    inScratch(async (scratch) => {
      await statTableStore(scratch, 'site').save(tableAt(7));
      const bytes = readFileSync(onlyFile(scratch));
      await statTableStore(join(scratch, 'b'), 'other').save(tableAt(8));
      writeFileSync(onlyFile(join(scratch, 'b')), bytes);
      expect(statTableStore(join(scratch, 'b'), 'other').load()).toBeNull();
    }));

  test.each<[string, (path: string) => void]>([
    ['empty', (path) => truncateSync(path)],
    ['cut off', (path) => truncateSync(path, 100)],
    ['something else', (path) => writeFileSync(path, 'x'.repeat(1000))],
    ['a directory', (path) => execFileSync('sh', ['-c', 'rm "$1" && mkdir "$1"', 'sh', path])],
    ['a FIFO', (path) => execFileSync('sh', ['-c', 'rm "$1" && mkfifo "$1"', 'sh', path])],
    ['far too large', (path) => truncateSync(path, 2 ** 33)],
  ])('that is %s is none', (_, damage) =>
    inScratch(async (scratch) => {
      const store = statTableStore(scratch, 'site');
      await store.save(tableAt(7));
      damage(onlyFile(scratch));
      expect(store.load()).toBeNull();
      await store.save(null);
      await store.save(tableAt(8));
    }),
  );

  test('that cannot be written is not, and leaves nothing', () =>
    inScratch(async (scratch) => {
      writeFileSync(join(scratch, 'file'), '');
      await statTableStore(join(scratch, 'file'), 'site').save(tableAt(7));
      await statTableStore(scratch, 'site').save(tableAt(7));
      const path = onlyFile(scratch);
      execFileSync('sh', ['-c', 'rm -r "$1" && mkdir -p "$1/x"', 'sh', path]);
      await statTableStore(scratch, 'site').save(tableAt(7));
      expect(readdirSync(scratch)).toEqual(readdirSync(scratch).filter((name) => !name.endsWith('.new')));
    }));

  test('is whole while several are written at once', () =>
    inScratch(async (scratch) => {
      const store = () => statTableStore(scratch, 'site');
      await store().save(tableAt(0, 20_000));
      const seen = new Set<number | undefined>();
      let saving = true;
      const saves = Promise.all([1, 2, 3, 4, 5, 6].map((time) => store().save(tableAt(time, 20_000)))).then(
        () => {
          saving = false;
        },
      );
      while (saving) {
        seen.add(store().load()?.takenAtMs);
        await new Promise(setImmediate);
      }
      await saves;
      expect([...seen]).not.toContain(undefined);
      expect(readdirSync(scratch)).toHaveLength(1);
    }));

  test('makes room for others when it was not used for long', () =>
    inScratch(async (scratch) => {
      const store = (index: number) => statTableStore(scratch, `site ${index}`);
      for (let index = 0; index < 16; index += 1) {
        const before = new Set(readdirSync(scratch));
        await store(index).save(tableAt(index));
        const made = readdirSync(scratch).find((name) => !before.has(name)) ?? '';
        utimesSync(join(scratch, made), 1000 + index, 1000 + index);
      }
      writeFileSync(join(scratch, 'notes.txt'), '');
      mkdirSync(join(scratch, 'journals'));
      await store(0).save(null);
      await store(16).save(tableAt(16));
      const gone = Array.from({ length: 17 }, (_, index) => index).filter(
        (index) => store(index).load() === null,
      );
      expect(gone).toEqual([1]);
      expect(readdirSync(scratch)).toEqual(expect.arrayContaining(['notes.txt', 'journals']));
    }));
});
