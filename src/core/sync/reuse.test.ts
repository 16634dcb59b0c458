import { expect, test } from 'vitest';
import { manifestOf, type Tree } from '../testing/trees.ts';
import { type Reuse, reuseBatches } from './reuse.ts';
import { planChanges, planSync, totalsOf } from './syncWork.ts';
import { cachedAt, file } from './testing/entries.ts';

const TARGET = { state: 'two', release: '20260101000002', modifiedAtSec: 2, reuses: true };

function plan(before: Tree, after: Tree, options: { pending?: Tree; full?: boolean; reuses?: boolean } = {}) {
  const cached = (tree: Tree) => cachedAt(1, manifestOf(tree));
  const cache = {
    manifest: cached(before),
    pending: options.pending === undefined ? null : cached(options.pending),
  };
  const target = { ...TARGET, reuses: options.reuses ?? true };
  return planSync(cache, manifestOf(after), options.full ?? false, target);
}

const told = (reuse: readonly Reuse[]) =>
  reuse.map(({ entry, from }) => `${entry.path} = ${from.in} ${from.path}`);

test('what the cache holds under another path is not sent, and counts nothing', () => {
  const before = { 'old/a': 'one', 'old/b/c': 'two', same: 'same' };
  const { reuse, diff } = plan(before, {
    'new/a': 'one',
    'new/b/c': 'two',
    same: 'same',
    again: 'same',
    fresh: '12345',
  });
  expect(told(reuse)).toEqual(['again = cache same', 'new/a = cache old/a', 'new/b/c = cache old/b/c']);
  expect(diff.bytes).toBe(5);
  expect(diff.changes.filter(({ bytes }) => bytes > 0)).toEqual([{ op: 'add', path: 'fresh', bytes: 5 }]);
  expect(diff.upload.map(({ path }) => path)).toEqual(['again', 'fresh', 'new/a', 'new/b/c']);
});

test('a change of mode is a copy of the file itself', () => {
  const before = cachedAt(1, [file('run', 'x', 0o644)]);
  const { reuse, diff } = planSync(
    { manifest: before, pending: null },
    [file('run', 'x', 0o755)],
    false,
    TARGET,
  );
  expect(told(reuse)).toEqual(['run = cache run']);
  expect(diff).toMatchObject({ updated: 1, bytes: 0 });
});

test('of equal files that are new one is sent', () => {
  const { reuse, diff } = plan({}, { a: 'equal', b: 'equal', c: 'other' });
  expect(told(reuse)).toEqual(['b = upload a']);
  expect(diff.bytes).toBe(10);
});

test('nothing is taken from where an interrupted upload may have been, from a cache that is thrown away, or for a server that cannot', () => {
  const [before, after] = [
    { a: 'one', b: 'two' },
    { x: 'one', y: 'two' },
  ];
  expect(told(plan(before, after, { pending: { a: 'changed', b: 'two' } }).reuse)).toEqual(['y = cache b']);
  expect(plan(before, after, { full: true }).reuse).toEqual([]);
  expect(plan(before, after, { reuses: false })).toMatchObject({ reuse: [], diff: { bytes: 6 } });
});

test('empty files, links and names that sha256sum prints in another way are sent', () => {
  const before = { a: '', b: 'x', c: { to: 'b' } };
  expect(plan(before, { a2: '', 'back\\slash': 'x', c2: { to: 'b' } }).reuse).toEqual([]);
});

test('what the source knows of the change is enough', () => {
  const before = manifestOf({ 'old/a': 'one' });
  const wanted = manifestOf({ 'new/a': 'one' });
  const head = { state: 'one', totals: totalsOf(before), segments: ['20260101000001'] };
  const changes = {
    put: wanted.map((entry) => ({ entry, was: null })),
    gone: before.map(({ path, kind }) => ({ path, kind })),
    above: ['old'],
    held: [file('old/a', 'one')],
    bytesDelta: 0,
  };
  const { reuse, diff } = planChanges(head, changes, TARGET);
  expect(told(reuse)).toEqual(['new/a = cache old/a']);
  expect(diff.bytes).toBe(0);
});

test('a renamed directory is one batch, however many equal files it has', () => {
  const names = Array.from({ length: 300 }, (_, index) => `package-${index}/LICENSE`);
  const tree = (top: string) => Object.fromEntries(names.map((name) => [`${top}/${name}`, 'equal']));
  const { reuse } = plan(tree('old'), tree('lib/new'));
  expect(reuse).toHaveLength(300);
  expect(reuseBatches(reuse)).toEqual([
    { in: 'cache', from: 'old', to: 'lib/new', paths: reuse.map(({ entry }) => entry.path.slice(8)) },
  ]);
});

test('where copying would take longer than sending, small files are sent', () => {
  const contents = Array.from({ length: 40 }, (_, index) => `content ${index}`);
  const big = 'x'.repeat(40_000);
  const tree = (name: string): Tree => ({
    ...Object.fromEntries(contents.map((content, index) => [`${name}-${index}`, content])),
    [`${name}-big`]: big,
  });
  const { reuse, diff } = plan(tree('old'), tree('new'));
  expect(reuse).toHaveLength(16);
  expect(told(reuse)).toContain('new-big = cache old-big');
  expect(diff.bytes).toBeGreaterThan(0);
  expect(diff.bytes).toBeLessThan(500);
});
