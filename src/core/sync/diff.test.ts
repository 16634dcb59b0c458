import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DiffOptions, diffManifests, nextManifest, type TreeDiff } from './diff.ts';
import { cachedAt, directory, file, link, manifest, trees } from './testing/entries.ts';
import type { CachedManifest, Manifest, ManifestEntry } from './types.ts';

const none: DiffOptions = { suspect: new Set(), full: false };
const suspecting = (...paths: readonly string[]): DiffOptions => ({ suspect: new Set(paths), full: false });

describe('what differs', () => {
  const before = cachedAt(
    1,
    manifest(directory('d'), file('d/same', 'same'), file('edit', 'old'), file('gone', 'x')),
  );

  test('is added, updated and removed, with the bytes to be sent', () => {
    const wanted = manifest(
      directory('d'),
      file('d/same', 'same'),
      file('edit', 'newer'),
      directory('n'),
      file('n/new', '12'),
      link('to', 'edit'),
    );
    expect(diffManifests(before, wanted, none)).toEqual({
      changes: [
        { op: 'update', path: 'edit', bytes: 5 },
        { op: 'remove', path: 'gone', bytes: 0 },
        { op: 'add', path: 'n', bytes: 0 },
        { op: 'add', path: 'n/new', bytes: 2 },
        { op: 'add', path: 'to', bytes: 0 },
      ],
      upload: [file('edit', 'newer'), file('n/new', '12'), link('to', 'edit')],
      directories: ['n'],
      remove: ['gone'],
      added: 3,
      updated: 1,
      removed: 1,
      bytes: 7,
    });
  });

  test('is nothing between equal trees', () => {
    expect(diffManifests(before, before, none)).toMatchObject({ changes: [], upload: [], remove: [] });
  });

  test('is everything where nothing is held', () => {
    const diff = diffManifests(null, before, none);
    expect(diff).toMatchObject({ added: 4, remove: [], directories: ['d'] });
  });

  test('is the content too when only the mode changed, because releases share the inode', () => {
    const diff = diffManifests(
      cachedAt(1, manifest(file('x', 'abc'))),
      manifest(file('x', 'abc', 0o755)),
      none,
    );
    expect(diff).toMatchObject({ upload: [file('x', 'abc', 0o755)], updated: 1, bytes: 3 });
  });

  test('is the target of a link', () => {
    const diff = diffManifests(cachedAt(1, manifest(link('l', 'a'))), manifest(link('l', 'b')), none);
    expect(diff).toMatchObject({ upload: [link('l', 'b')], updated: 1, bytes: 0, remove: [] });
  });
});

describe('when a path changes its kind', () => {
  const tree = manifest(directory('p'), directory('p/q'), file('p/q/r', 'x'));
  test('a directory makes room for a file, the deepest first', () => {
    const diff = diffManifests(cachedAt(1, tree), manifest(file('p', 'now')), none);
    expect(diff).toMatchObject({ remove: ['p/q/r', 'p/q', 'p'], updated: 1, removed: 2 });
  });

  test('a file or link makes room for a directory', () => {
    expect(diffManifests(cachedAt(1, manifest(link('p', 'x'))), tree, none)).toMatchObject({
      remove: ['p'],
      directories: ['p', 'p/q'],
    });
  });
});

describe('a path that an interrupted sync may have touched', () => {
  const tree = manifest(directory('d'), file('d/x', 'same'), file('d/z', 'same'), file('y', 'same'));
  test('is sent again though the manifest says equal, in place of whatever stands there', () => {
    const diff = diffManifests(cachedAt(1, tree), tree, suspecting('d/x'));
    expect(diff).toMatchObject({ upload: [file('d/x', 'same')], directories: [], remove: ['d/x'] });
  });

  test('takes with it what is below, because it may be a link by now', () => {
    const diff = diffManifests(cachedAt(1, tree), tree, suspecting('d', 'd/x'));
    expect(diff).toMatchObject({
      upload: [file('d/x', 'same'), file('d/z', 'same')],
      directories: ['d'],
      remove: ['d'],
    });
  });

  test('is removed when nobody wants it, though the manifest does not know it', () => {
    const diff = diffManifests(cachedAt(1, tree), tree, suspecting('junk', 'junk/x'));
    expect(diff).toMatchObject({ remove: ['junk'], removed: 2 });
  });
});

test('a full sync sends every file and link, and keeps no time', () => {
  const tree = manifest(directory('d'), file('d/x', 'abc'), link('l', 'd'));
  const diff = diffManifests(cachedAt(1, tree), tree, { suspect: new Set(), full: true });
  expect(diff).toMatchObject({
    upload: [file('d/x', 'abc'), link('l', 'd')],
    updated: 2,
    bytes: 3,
    directories: [],
  });
  expect(nextManifest(cachedAt(1, tree), tree, diff, 9).map((entry) => entry.modifiedAtSec)).toEqual([
    1, 9, 9,
  ]);
});

test('after any diff the held tree is the wanted tree, also after a sync that was interrupted anywhere', () => {
  fc.assert(
    fc.property(
      trees(),
      trees(),
      trees(),
      fc.boolean(),
      fc.nat(12),
      (before, attempted, wanted, full, done) => {
        const cached = cachedAt(1, before);
        const half = diffManifests(cached, attempted, none);
        const suspect = new Set([
          ...half.remove,
          ...half.directories,
          ...half.upload.map((entry) => entry.path),
        ]);
        const diff = diffManifests(cached, wanted, { suspect, full });
        expect(apply(apply(before, half, done), diff)).toEqual(wanted);
        expect(apply(before, diffManifests(cached, wanted, none))).toEqual(wanted);
      },
    ),
    { numRuns: 1000 },
  );
});

test('files that were not sent keep their times', () => {
  fc.assert(
    fc.property(trees(), trees(), (before, wanted) => {
      const cached: CachedManifest = cachedAt(1, before);
      const next = nextManifest(cached, wanted, diffManifests(cached, wanted, none), 2);
      expect(next.map(({ modifiedAtSec: _, ...entry }) => entry)).toEqual(wanted);
      const old = new Map(before.map((entry) => [entry.path, JSON.stringify(entry)]));
      for (const { modifiedAtSec, ...entry } of next) {
        expect(modifiedAtSec).toBe(old.get(entry.path) === JSON.stringify(entry) ? 1 : 2);
      }
    }),
  );
});

/** A file system that is as strict as a real one, and stops after some operations. */
function apply(tree: Manifest, diff: TreeDiff, operations = Number.POSITIVE_INFINITY): Manifest {
  const held = new Map(tree.map((entry) => [entry.path, entry]));
  const todo = [
    ...diff.remove.map((path) => () => removeAll(held, path)),
    ...diff.directories.map((path) => () => {
      expect(held.has(path)).toBe(false);
      put(held, directory(path));
    }),
    ...diff.upload.map((entry) => () => {
      expect(held.get(entry.path)?.kind).not.toBe('directory');
      put(held, entry);
    }),
  ];
  for (const operation of todo.slice(0, operations)) operation();
  return manifest(...held.values());
}

function removeAll(held: Map<string, ManifestEntry>, path: string): void {
  for (let above = parentOf(path); above !== ''; above = parentOf(above)) {
    expect(held.get(above)?.kind).not.toBe('link');
  }
  for (const other of [...held.keys()]) {
    if (other === path || other.startsWith(`${path}/`)) held.delete(other);
  }
}

function put(held: Map<string, ManifestEntry>, entry: ManifestEntry): void {
  if (entry.path.includes('/')) expect(held.get(parentOf(entry.path))?.kind).toBe('directory');
  held.set(entry.path, entry);
}

function parentOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}
