import type * as FileSystem from 'node:fs';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { inScratch, never, observe } from '../testing/observe.ts';
import type { Manifest } from '../types.ts';
import { type Disk, realDisk } from './disk.ts';
import { directorySnapshot } from './snapshot.ts';
import { type CoarseClock, type CoarseDisk, coarseDisk } from './testing/coarseDisk.ts';

const opened = vi.hoisted((): string[] => []);

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof FileSystem>();
  const openSync: typeof fs.openSync = (path, ...rest) => {
    opened.push(String(path));
    return fs.openSync(path, ...rest);
  };
  return { ...fs, openSync };
});

beforeEach(() => {
  opened.length = 0;
});

const LATER_MS = 3_600_000;
/** As if all that is on disk were old. */
const later: Disk = { ...realDisk, nowMs: () => Date.now() + LATER_MS };

interface Place {
  readonly root: string;
  readonly cacheDirectory: string;
}

const inPlace = (action: (place: Place) => Promise<void>) =>
  inScratch(async (scratch) => {
    mkdirSync(join(scratch, 'site'));
    await action({ root: join(scratch, 'site'), cacheDirectory: join(scratch, 'state') });
  });

async function manifestOf(
  root: string,
  cacheDirectory: string | null,
  disk: Disk,
  exclude: readonly string[] = [],
): Promise<Manifest> {
  const config = { type: 'directory', directory: root, exclude } as const;
  return (await directorySnapshot(config, { signal: never, cacheDirectory, disk })).manifest(never);
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Until whatever is changed now gets another time than all that was changed before. */
function awaitTick(root: string): void {
  const probe = `${root}.probe`;
  writeFileSync(probe, '');
  const { ctimeNs } = lstatSync(probe, { bigint: true });
  while (lstatSync(probe, { bigint: true }).ctimeNs <= ctimeNs) writeFileSync(probe, 'x');
}

describe('of a directory that was read before', () => {
  const fill = (root: string) => {
    for (let index = 0; index < 200; index += 1)
      write(join(root, `d${index % 7}/f${index}`), `content ${index}`);
    write(join(root, 'large'), 'x'.repeat(100_000));
    symlinkSync('large', join(root, 'link'));
  };

  test('nothing is read when nothing has changed', () =>
    inPlace(async ({ root, cacheDirectory }) => {
      fill(root);
      const first = await manifestOf(root, cacheDirectory, later);
      expect(opened).toHaveLength(201);
      expect(first).toEqual(await observe(root));
      opened.length = 0;
      expect(await manifestOf(root, cacheDirectory, later)).toEqual(first);
      expect(opened).toEqual([]);
    }));

  test('only what is new or has changed is read', () =>
    inPlace(async ({ root, cacheDirectory }) => {
      fill(root);
      await manifestOf(root, cacheDirectory, later);
      awaitTick(root);
      write(join(root, 'd1/f1'), 'CONTENT 1');
      write(join(root, 'd1/new'), 'x');
      rmSync(join(root, 'd1/f8'));
      opened.length = 0;
      const second = await manifestOf(root, cacheDirectory, later);
      expect(opened).toEqual([join(root, 'd1/f1'), join(root, 'd1/new')]);
      expect(second).toEqual(await observe(root));
    }));

  test('what is too young is read again', () =>
    inPlace(async ({ root, cacheDirectory }) => {
      fill(root);
      await manifestOf(root, cacheDirectory, realDisk);
      await manifestOf(root, cacheDirectory, realDisk);
      expect(opened).toHaveLength(402);
    }));

  test('all is read again when the clock shows an earlier time than then', () =>
    inPlace(async ({ root, cacheDirectory }) => {
      fill(root);
      await manifestOf(root, cacheDirectory, later);
      const earlier: Disk = { ...realDisk, nowMs: () => Date.now() + LATER_MS / 2 };
      await manifestOf(root, cacheDirectory, earlier);
      expect(opened).toHaveLength(402);
    }));

  test('what somebody touched while it was read is read again', () =>
    inPlace(async ({ root, cacheDirectory }) => {
      fill(root);
      let reads = 0;
      const busy: Disk = {
        ...later,
        fstat: (descriptor) => {
          const stat = later.fstat(descriptor);
          return { ...stat, ctimeNs: stat.ctimeNs + (reads++ % 2 === 0 ? 0n : 1n) };
        },
      };
      await manifestOf(root, cacheDirectory, busy);
      await manifestOf(root, cacheDirectory, later);
      expect(opened).toHaveLength(402);
    }));

  test('nothing is read when it is deployed with other exclusions in between', () =>
    inPlace(async ({ root, cacheDirectory }) => {
      fill(root);
      await manifestOf(root, cacheDirectory, later);
      await manifestOf(root, cacheDirectory, later, ['d*']);
      opened.length = 0;
      await manifestOf(root, cacheDirectory, later);
      await manifestOf(root, cacheDirectory, later, ['d*']);
      expect(opened).toEqual([]);
    }));

  test('a few changes leave the cache as it is, and many do not', () =>
    inPlace(async ({ root, cacheDirectory }) => {
      fill(root);
      await manifestOf(root, cacheDirectory, later);
      const file = join(cacheDirectory, readdirSync(cacheDirectory)[0] ?? '');
      const { ino } = statSync(file);
      utimesSync(file, 1, 1);
      awaitTick(root);
      write(join(root, 'd1/f1'), 'CONTENT 1');
      await manifestOf(root, cacheDirectory, later);
      expect(statSync(file).ino).toBe(ino);
      expect(statSync(file).mtimeMs).toBeGreaterThan(1000);
      for (const path of ['a', 'd1/f8', 'd1/f15', 'z']) write(join(root, path), 'CONTENT');
      await manifestOf(root, cacheDirectory, later);
      opened.length = 0;
      await manifestOf(root, cacheDirectory, later);
      expect(opened).toEqual([]);
    }));
});

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
