import type { Exclusion, RawPath } from '../exclusion.ts';
import { ATTRIBUTES_FILE } from './attributes.ts';
import {
  below,
  fileNamed,
  isExcluded,
  isIgnoreFile,
  type Level,
  type Reading,
  rulesOf,
  SIDES,
  type Side,
} from './levels.ts';
import { objectOf, type TreeEntry } from './treeObject.ts';
import type { Tree } from './trees.ts';
import { Unknown } from './unknown.ts';

export interface AttributesFile {
  readonly path: RawPath;
  readonly object: string;
}

/** Why there is something left in a directory: what these directories hold, as long as none of them is ignored. */
export interface Witness {
  readonly directories: readonly RawPath[];
  readonly attributes: readonly AttributesFile[];
}

/** Of each level that holds something. */
export type Witnesses = Readonly<Record<Side, ReadonlyMap<Level, Witness>>>;

/**
 * In which levels something is left that is not excluded, on each side. What is the same on both sides is looked at
 * only where the differences do not tell, up to the first file found. `ignored`: directories in which nothing counts.
 */
export async function witnessesOf(
  reading: Reading,
  levels: readonly Level[],
  ignored: Readonly<Record<Side, ReadonlySet<RawPath>>>,
): Promise<Witnesses> {
  const found = { old: new Map<Level, Witness>(), new: new Map<Level, Witness>() };
  const children = Map.groupBy(levels, (level) => level.above);
  for (const level of levels.toReversed()) {
    if (level.path === '') continue;
    const lacking = SIDES.filter((side) => {
      if (level.trees[side] === null) return false;
      const own =
        level.items[side].length > 0
          ? NEAR
          : fromBelow(children.get(level) ?? [], found[side], ignored[side]);
      if (own !== null) found[side].set(level, own);
      return own === null;
    });
    if (lacking.length === 0 || level.trees.old === null || level.trees.new === null) continue;
    const same = level.trees.new.filter(({ name }) => !level.differing.has(name));
    const witness = await search(reading, level.path, same, level.exclusion, ignored.new);
    if (witness !== null) for (const side of lacking) found[side].set(level, witness);
  }
  return found;
}

/** The same for one directory that stands in a single tree. */
export async function search(
  reading: Reading,
  path: RawPath,
  tree: Tree,
  rules: Exclusion,
  ignored: ReadonlySet<RawPath>,
): Promise<Witness | null> {
  const counts = (entry: TreeEntry) =>
    !isIgnoreFile(entry) && !isExcluded(rules, below(path, entry.name), entry);
  if (tree.some((entry) => (entry.kind === 'file' || entry.kind === 'link') && counts(entry))) return NEAR;
  for (const entry of tree) {
    const at = below(path, entry.name);
    if (entry.kind !== 'directory' || ignored.has(at) || !counts(entry)) continue;
    const further = await searchBelow(reading, at, entry, rules, ignored);
    if (further !== null) return further;
  }
  // Whether a submodule holds something is known by its own repository.
  if (tree.some((entry) => entry.kind === 'submodule' && counts(entry))) throw new Unknown();
  return null;
}

/** A file in the directory itself: whatever attributes say of it, as for git-archive(1) it keeps the directory. */
const NEAR: Witness = { directories: [], attributes: [] };

function fromBelow(
  children: readonly Level[],
  found: ReadonlyMap<Level, Witness>,
  ignored: ReadonlySet<RawPath>,
): Witness | null {
  const child = children.find((each) => found.has(each) && !ignored.has(each.path));
  return child === undefined ? null : deeper(child.path, [], found.get(child)!);
}

async function searchBelow(
  reading: Reading,
  path: RawPath,
  entry: TreeEntry,
  inherited: Exclusion,
  ignored: ReadonlySet<RawPath>,
): Promise<Witness | null> {
  const [tree] = await reading.trees.load([objectOf(entry)], reading.signal);
  if (!tree) throw new Unknown();
  const [rules] = await rulesOf(reading, [{ path, tree, inherited }]);
  const further = await search(reading, path, tree, rules!, ignored);
  return further && deeper(path, attributesIn(path, tree), further);
}

export function attributesIn(path: RawPath, tree: Tree): readonly AttributesFile[] {
  const file = fileNamed(tree, ATTRIBUTES_FILE);
  return file === null ? [] : [{ path: below(path, ATTRIBUTES_FILE), object: objectOf(file) }];
}

function deeper(path: RawPath, attributes: readonly AttributesFile[], further: Witness): Witness {
  return {
    directories: [path, ...further.directories],
    attributes: [...attributes, ...further.attributes],
  };
}
