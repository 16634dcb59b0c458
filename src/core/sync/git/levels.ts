import { bytesOf, type Exclusion, exclusion, IGNORE_FILE, type RawPath } from '../exclusion.ts';
import { ATTRIBUTES_FILE } from './attributes.ts';
import type { Objects } from './objects.ts';
import type { TreeItem } from './tree.ts';
import { type Difference, differences, objectOf, type TreeEntry } from './treeObject.ts';
import type { Tree, Trees } from './trees.ts';
import { Unknown } from './unknown.ts';

export type Side = 'old' | 'new';

/** A directory that is not the same in two trees, or stands in one of them only. */
export interface Level {
  /** Below the prefix, without a slash at its end; the top is empty. */
  readonly path: RawPath;
  readonly above: Level | null;
  /** What it holds; null where it does not stand as a directory. */
  readonly trees: Readonly<Record<Side, Tree | null>>;
  /** Its own rules. */
  readonly exclusion: Exclusion;
  /** Names that are not the same on both sides. */
  readonly differing: ReadonlySet<RawPath>;
  /** Files and links that are not the same on both sides, and are not excluded. */
  readonly items: Readonly<Record<Side, readonly TreeItem[]>>;
}

export interface Reading {
  readonly objects: Objects;
  readonly trees: Trees;
  readonly signal: AbortSignal;
}

/**
 * All levels between two trees that are not excluded, parents first. Throws `Unknown` when a rule file or a submodule is
 * among the differences, or a tree is odd or missing.
 */
export async function levelsBetween(
  reading: Reading,
  tops: Readonly<Record<Side, string>>,
  exclude: readonly string[],
): Promise<readonly Level[]> {
  const levels: Level[] = [];
  let waiting: readonly Waiting[] = [{ path: '', above: null, ...tops, inherited: exclusion(exclude) }];
  while (waiting.length > 0) {
    const found = await open(reading, waiting);
    levels.push(...found.map(({ level }) => level));
    waiting = found.flatMap(({ below }) => below);
  }
  return levels;
}

/** The rules of a directory: those above, and its own ignore file. */
export async function rulesOf(
  { objects, signal }: Pick<Reading, 'objects' | 'signal'>,
  directories: readonly { readonly path: RawPath; readonly tree: Tree; readonly inherited: Exclusion }[],
): Promise<readonly Exclusion[]> {
  const files = directories.map(({ tree }) => fileNamed(tree, IGNORE_FILE));
  const present = files.filter((entry) => entry !== null);
  const contents = await objects.contents(present.map(objectOf), signal);
  const texts = new Map(present.map((entry, index) => [entry, contents[index] ?? null]));
  return directories.map(({ path, inherited }, index) => {
    const file = files[index] ?? null;
    if (file === null) return inherited;
    const text = texts.get(file) ?? null;
    if (text === null) throw new Unknown();
    return inherited.withIgnoreFile(path, text.content);
  });
}

export function fileNamed(tree: Tree, name: RawPath): TreeEntry | null {
  return tree.find((entry) => entry.name === name && entry.kind === 'file') ?? null;
}

export function isIgnoreFile({ name, kind }: TreeEntry): boolean {
  return kind === 'file' && name === IGNORE_FILE;
}

export function isExcluded(rules: Exclusion, path: RawPath, { kind }: Pick<TreeEntry, 'kind'>): boolean {
  return rules.excludes(path, kind === 'directory' || kind === 'submodule' ? 'directory' : 'other');
}

export function below(directory: RawPath, name: RawPath): RawPath {
  return directory === '' ? name : `${directory}/${name}`;
}

interface Waiting {
  readonly path: RawPath;
  readonly above: Level | null;
  readonly old: string | null;
  readonly new: string | null;
  readonly inherited: Exclusion;
}

interface Opened {
  readonly level: Level;
  readonly below: readonly Waiting[];
}

async function open(reading: Reading, waiting: readonly Waiting[]): Promise<readonly Opened[]> {
  const wanted = waiting.flatMap((each) => [each.old, each.new]).filter((object) => object !== null);
  const loaded = await reading.trees.load(wanted, reading.signal);
  const trees = new Map(wanted.map((object, index) => [object, loaded[index] ?? null]));
  const treeOf = (object: string | null): Tree | null => {
    if (object === null) return null;
    const tree = trees.get(object) ?? null;
    if (tree === null) throw new Unknown();
    return tree;
  };
  const directories = waiting.map((each) => {
    const both = { old: treeOf(each.old), new: treeOf(each.new) };
    return { ...each, both, tree: (both.new ?? both.old)! };
  });
  const rules = await rulesOf(reading, directories);
  return directories.map((each, index) => openOne(each, each.both, rules[index] as Exclusion));
}

function openOne({ path, above }: Waiting, trees: Level['trees'], own: Exclusion): Opened {
  const found = differences(trees.old ?? [], trees.new ?? []);
  if (found === null) throw new Unknown();
  if (trees.old !== null && trees.new !== null && found.some(changesRules)) throw new Unknown();
  const items: Record<Side, TreeItem[]> = { old: [], new: [] };
  const level: Level = {
    path,
    above,
    trees,
    exclusion: own,
    differing: new Set(found.map(({ name }) => name)),
    items,
  };
  const waiting: Waiting[] = [];
  for (const difference of found) {
    if (difference.name === '' || difference.name.includes('/')) throw new Unknown();
    const at = below(path, difference.name);
    const left = (entry: TreeEntry | null) =>
      entry === null || isIgnoreFile(entry) || isExcluded(own, at, entry) ? null : entry;
    const both = { old: left(difference.old), new: left(difference.new) };
    for (const side of SIDES) {
      const entry = both[side];
      if (entry?.kind === 'submodule') throw new Unknown();
      if (entry && entry.kind !== 'directory') items[side].push(itemOf(entry, at));
    }
    if (SIDES.some((side) => both[side]?.kind === 'directory')) {
      const tree = (side: Side) => (both[side]?.kind === 'directory' ? objectOf(both[side]) : null);
      waiting.push({ path: at, above: level, old: tree('old'), new: tree('new'), inherited: own });
    }
  }
  return { level, below: waiting };
}

export const SIDES = ['old', 'new'] as const;

function changesRules({ name, old, new: wanted }: Difference): boolean {
  const isFile = old?.kind === 'file' || wanted?.kind === 'file';
  return isFile && (name === IGNORE_FILE || name === ATTRIBUTES_FILE);
}

/** The size is not known yet. */
function itemOf({ kind, executable, id }: TreeEntry, path: RawPath): TreeItem {
  return { path, kind, executable, object: bytesOf(id).toString('hex'), sizeBytes: 0 };
}
