import { expect, test } from 'vitest';
import type { EnvironmentConfig } from '../config/types.ts';
import type { Observation } from '../remote/observation.ts';
import { planSync } from '../sync/syncWork.ts';
import { manifestOf, type Tree } from '../testing/trees.ts';
import { spaceRefusals } from './space.ts';
import { A, cacheOf, knowledgeOf, seen } from './testing/facts.ts';

const BLOCK = 4096;
const TARGET = { state: 'wanted', release: A, modifiedAtSec: 1 };
const TREE: Tree = { big: 'x'.repeat(10_000), 'dir/small': 'y', 'dir/link': { to: 'small' } };

/** What is said to be needed of bytes and inodes, by a server that has one of each. */
function needed(
  tree: Tree,
  cached: Tree | null,
  { link = 'auto', unshare = [] }: Partial<EnvironmentConfig> = {},
  full = false,
) {
  const cache = cached === null ? seen().cache : cacheOf(cached);
  const work = planSync(knowledgeOf(cache), manifestOf(tree), full, TARGET);
  const said = spaceRefusals('web1', seen({ freeBytes: 1, freeInodes: 1 }), work, { link, unshare });
  const [bytes, inodes] = said.map(({ why }) => Number(/needs (\d+)$/.exec(why)?.[1]));
  return { blocks: Math.floor(bytes! / BLOCK) - 64, inodes: inodes! - 64 };
}

test('what is sent needs its blocks, and the release only its directories', () => {
  // Three blocks and one; the directory where it is unpacked and that of the release.
  expect(needed(TREE, null)).toEqual({ blocks: 3 + 1 + 1 + 2, inodes: 3 + 2 });
  expect(needed(TREE, TREE)).toEqual({ blocks: 1, inodes: 1 });
  expect(needed({ ...TREE, 'dir/small': 'z' }, TREE)).toEqual({ blocks: 1 + 1 + 1, inodes: 1 + 1 + 1 });
  expect(needed(TREE, TREE, {}, true)).toEqual(needed(TREE, null));
});

test('a release of copies needs the blocks and inodes of every file once more, a clone the inodes', () => {
  const linked = needed(TREE, TREE);
  expect(needed(TREE, TREE, { link: 'copy' })).toEqual({
    // A block more for each, since nobody counts them.
    blocks: linked.blocks + 2 + 3,
    inodes: linked.inodes + 3,
  });
  expect(needed(TREE, TREE, { link: 'reflink' })).toEqual({ ...linked, inodes: linked.inodes + 3 });
  expect(needed(TREE, TREE, { unshare: ['big'] })).toEqual({
    blocks: linked.blocks + 3,
    inodes: linked.inodes + 1,
  });
});

test('what does not fit is refused, with what is free and what is needed', () => {
  const refused = (changes: Partial<Observation>) =>
    spaceRefusals(
      'web1',
      seen(changes),
      planSync(knowledgeOf(seen().cache), manifestOf(TREE), false, TARGET),
      {
        link: 'auto',
        unshare: [],
      },
    ).map(({ server, why }) => `${server}: ${why}`);
  expect(refused({ freeBytes: 15_000 })).toEqual([
    expect.stringMatching(
      /^web1: the file system of \/srv\/shop has 15000 bytes free and the deployment needs \d+$/,
    ),
  ]);
  expect(refused({ freeInodes: 10 })).toEqual([
    'web1: the file system of /srv/shop has 10 inodes free and the deployment needs 69',
  ]);
  expect(refused({ freeBytes: 400_000, freeInodes: 69 })).toEqual([]);
  expect(refused({ freeInodes: 0 })).toHaveLength(1);
  expect(refused({ freeBytes: null, freeInodes: null })).toEqual([]);
});
