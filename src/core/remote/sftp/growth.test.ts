import { expect, test } from 'vitest';
import type { SftpStat } from '../../contract/index.ts';
import type { CachedEntry } from '../../sync/types.ts';
import { builtAtSec, growth } from './growth.ts';

const AT = 1_700_000_000;

const entry = (path: string, kind: CachedEntry['kind'] = 'file'): CachedEntry => ({
  path,
  kind,
  mode: kind === 'file' ? 0o644 : kind === 'link' ? 0o777 : 0o755,
  sizeBytes: kind === 'file' ? 3 : 0,
  hash: '',
  modifiedAtSec: AT,
  ...(kind === 'link' ? { target: 'x' } : {}),
});

const standing = ({ kind, mode, sizeBytes }: CachedEntry, changes: Partial<SftpStat> = {}): SftpStat => ({
  kind,
  mode,
  sizeBytes,
  modifiedAtSec: kind === 'directory' ? builtAtSec(AT) : AT,
  ...changes,
});

const MANIFEST = [entry('in', 'directory'), entry('in/file'), entry('in/way', 'link'), entry('top')];

function grow(changes: Readonly<Record<string, SftpStat | null>>, isTopUntouched = true) {
  const tree = new Map(MANIFEST.map((each) => [each.path, standing(each)]));
  for (const [path, stat] of Object.entries(changes)) {
    if (stat === null) tree.delete(path);
    else tree.set(path, stat);
  }
  const { remove, make, links, kept } = growth({ tree, isTopUntouched }, MANIFEST, (path) => path === 'own');
  return { remove, make: make.map(({ path }) => path), links: links.map(({ path }) => path), kept };
}

const FILE = entry('in/file');

test('what nobody touched stays, and links are looked at', () => {
  expect(grow({})).toEqual({ remove: [], make: [], links: ['in/way'], kept: 2 });
});

test.for([
  ['another size', { sizeBytes: 4 }],
  ['another time', { modifiedAtSec: AT + 1 }],
  ['another mode', { mode: 0o600 }],
  ['another kind', { kind: 'link' }],
] as const)('a file of %s is made anew', ([, change]) => {
  expect(grow({ 'in/file': standing(FILE, change) })).toMatchObject({
    remove: ['in/file'],
    make: ['in/file'],
  });
});

test('all that stands in a directory in which something was made or renamed is made anew', () => {
  const touched = standing(entry('in', 'directory'), { modifiedAtSec: AT });
  expect(grow({ in: touched })).toEqual({
    remove: ['in/file', 'in/way'],
    make: ['in/file', 'in/way'],
    links: [],
    kept: 1,
  });
  expect(grow({}, false)).toMatchObject({ remove: ['top'], make: ['top'] });
});

test('what is not wanted goes with all it holds, and what is missing is made', () => {
  const stray = { stray: standing(entry('stray', 'directory')), 'stray/file': standing(entry('stray/file')) };
  expect(grow({ ...stray, top: null })).toMatchObject({ remove: ['stray'], make: ['top'] });
  const closed = standing(entry('in', 'directory'), { mode: 0o700 });
  expect(grow({ in: closed })).toMatchObject({ remove: ['in'], make: ['in', 'in/file', 'in/way'] });
});
