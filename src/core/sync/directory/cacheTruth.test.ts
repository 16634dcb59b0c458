import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { observe } from '../testing/observe.ts';
import { awaitTick, inPlace, later, manifestOf, write } from './testing/cachePlace.ts';
import { type CoarseClock, type CoarseDisk, coarseDisk } from './testing/coarseDisk.ts';

describe('with a cache the manifest is the same as without', () => {
  const old = '12345678';
  test.each<[string, (path: string) => void]>([
    ['other content of the same size and time', (path) => writeFileSync(path, 'abcdefgh')],
    [
      'another file of the same size and time renamed over it',
      (path) => {
        writeFileSync(`${path}.new`, 'abcdefgh');
        renameSync(`${path}.new`, path);
      },
    ],
    ['an executable', (path) => chmodSync(path, 0o755)],
    [
      'a link',
      (path) => {
        rmSync(path);
        symlinkSync('other', path);
      },
    ],
    [
      'a directory',
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
  ])('where a file became %s', (_, change) =>
    inPlace(async ({ root, cacheDirectory }) => {
      const path = join(root, 'file');
      write(path, old);
      write(join(root, 'other'), old);
      utimesSync(path, 1000, 1000);
      await manifestOf(root, cacheDirectory, later);
      awaitTick(root);
      change(path);
      if (lstatSync(path).isFile()) utimesSync(path, 1000, 1000);
      expect(await manifestOf(root, cacheDirectory, later)).toEqual(await observe(root));
    }),
  );

  test('whatever happens to the files between, at any tick of any clock', async () => {
    await fc.assert(
      fc.asyncProperty(clocks, fc.array(actions, { minLength: 3, maxLength: 40 }), (clock, story) =>
        inPlace(async ({ root, cacheDirectory }) => {
          const disk = coarseDisk(clock);
          for (const path of PATHS) {
            write(join(root, path), 'one');
            disk.changed(join(root, path), 'both');
          }
          for (const action of [...story, snap]) {
            if (action === snap) {
              const wanted = await manifestOf(root, null, disk);
              expect(await manifestOf(root, cacheDirectory, disk)).toEqual(wanted);
            } else await action(root, disk);
          }
        }),
      ),
      { numRuns: 300 },
    );
  });
});

const PATHS = ['a', 'a-b', 'd/c', 'd/e'] as const;

const clocks: fc.Arbitrary<CoarseClock> = fc.record({
  tickMs: fc.constantFrom(1, 10, 1000, 2000),
  aheadMs: fc.constantFrom(null, 0, -600_000, 600_000),
});

type Action = (root: string, disk: CoarseDisk) => void | Promise<void>;

const snap: Action = () => {};

const somewhere = fc.constantFrom(...PATHS);
const content = fc.constantFrom('one', 'two', 'three', '');

const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(snap) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(0, 1, 900, 3000, 3001, 20 * 60_000).map(
      (ms): Action =>
        (_, disk) =>
          disk.advance(ms),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(somewhere, content).map(
      ([path, text]): Action =>
        (root, disk) => {
          const file = asFile(root, path, disk);
          writeFileSync(file, text);
          disk.changed(file, 'both');
        },
    ),
  },
  fc.tuple(somewhere, content, somewhere).map(
    ([path, text, model]): Action =>
      (root, disk) => {
        const file = asFile(root, path, disk);
        writeFileSync(file, text);
        disk.copyMtime(asFile(root, model, disk), file);
      },
  ),
  fc.tuple(somewhere, somewhere, fc.boolean()).map(
    ([from, to, hasCtime]): Action =>
      (root, disk) => {
        const [source, target] = [asFile(root, from, disk), asFile(root, to, disk)];
        if (source === target) return;
        renameSync(source, target);
        if (hasCtime) disk.changed(target, 'ctime');
      },
  ),
  fc.tuple(somewhere, somewhere).map(
    ([from, to]): Action =>
      (root, disk) => {
        const [source, target] = [asFile(root, from, disk), asFile(root, to, disk)];
        if (source === target) return;
        rmSync(target);
        linkSync(source, target);
        disk.changed(target, 'ctime');
      },
  ),
  fc.tuple(somewhere, somewhere).map(
    ([one, other]): Action =>
      (root, disk) => {
        const [left, right] = [asFile(root, one, disk), asFile(root, other, disk)];
        renameSync(left, `${root}.away`);
        if (left !== right) renameSync(right, left);
        renameSync(`${root}.away`, right);
      },
  ),
  fc.tuple(somewhere, fc.constantFrom(0o644, 0o755)).map(
    ([path, mode]): Action =>
      (root, disk) => {
        const file = asFile(root, path, disk);
        chmodSync(file, mode);
        disk.changed(file, 'ctime');
      },
  ),
  somewhere.map(
    (path): Action =>
      (root) => {
        rmSync(join(root, path), { recursive: true, force: true });
        symlinkSync('x', join(root, path));
      },
  ),
  somewhere.map(
    (path): Action =>
      (root) => {
        rmSync(join(root, path), { recursive: true, force: true });
        mkdirSync(join(root, path));
      },
  ),
);

/** Makes a file where there is none. */
function asFile(root: string, path: string, disk: CoarseDisk): string {
  const file = join(root, path);
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() === true) return file;
  rmSync(file, { recursive: true, force: true });
  writeFileSync(file, 'new');
  disk.changed(file, 'both');
  return file;
}
