import { blockBytesOf, isLarge, LARGE_BYTES } from '../blocks.ts';
import type { TreeChanges } from '../changes.ts';
import { bytesOf, type RawPath } from '../exclusion.ts';
import { canonicalOrder, comparePaths } from '../order.ts';
import { refuseAll } from '../refusal.ts';
import type { HeldFile } from '../reuse.ts';
import type { ManifestEntry } from '../types.ts';
import { type BlobReading, contentOf } from './blobReading.ts';
import type { Repository } from './command.ts';
import type { Origin } from './contents.ts';
import { type DescribedItem, describePart, readPart } from './describePart.ts';
import { type AttributesQuestion, type Exported, exportedLevels } from './exported.ts';
import { type Level, levelsBetween, type Reading, type Side } from './levels.ts';
import { type OldFile, oldFiles } from './oldFiles.ts';
import { type Part, prefixOf, without } from './parts.ts';
import { refusalsOf } from './select.ts';
import { type Top, topOf } from './top.ts';
import type { TreeItem } from './tree.ts';
import { Unknown } from './unknown.ts';

export interface ChangesQuestion extends Reading {
  readonly repository: Repository;
  readonly rules: { readonly subdirectory: string | null; readonly exclude: readonly string[] };
  /** What the repository's info/attributes say. */
  readonly local: string;
  readonly blobs: BlobReading;
}

/** A commit and its tree object. */
export interface CommitTree {
  readonly commit: string;
  readonly tree: string;
}

export interface FoundChanges {
  readonly changes: TreeChanges;
  /** Where the contents of the files in `put` are. */
  readonly contents: ReadonlyMap<string, Origin>;
}

/**
 * What the differing objects of two commits tell: only where the trees differ is anything read. Null where that is not
 * enough: something is missing, a rule file or a submodule is among the differences. Rejects with `E_REFUSED` when
 * something new cannot be deployed. Neither commit's tree may depend on more than its objects (`steady.ts`).
 */
export async function changesBetween(
  question: ChangesQuestion,
  old: CommitTree,
  wanted: CommitTree,
): Promise<FoundChanges | null> {
  try {
    return await compare(question, old, wanted);
  } catch (error) {
    if (error instanceof Unknown) return null;
    throw error;
  }
}

async function compare(
  question: ChangesQuestion,
  old: CommitTree,
  wanted: CommitTree,
): Promise<FoundChanges> {
  const { repository, rules, local, trees, signal } = question;
  const prefix = prefixOf(rules.subdirectory);
  const before = await topOf(trees, old.tree, prefix, signal);
  const after = await topOf(trees, wanted.tree, prefix, signal);
  if (before === null || after === null || !isSameAbove(before, after)) throw new Unknown();
  if (before.object === after.object) return NOTHING;
  const levels = await levelsBetween(question, { old: before.object, new: after.object }, rules.exclude);
  const asked: AttributesQuestion = { ...question, local, prefix, above: after.attributes };
  const exported = await exportedLevels(asked, levels);
  const place = { repository, prefix, mount: '' };
  const oldPart = partOf({ ...place, commit: old.commit }, 'old', levels, exported);
  const newPart = partOf({ ...place, commit: wanted.commit }, 'new', levels, exported);
  const described = await describeNew(question, newPart);
  return between(await oldFiles(question, oldPart), oldPart, described);
}

const NOTHING: FoundChanges = {
  changes: { put: [], gone: [], above: [], held: [], bytesDelta: 0 },
  contents: new Map(),
};

function isSameAbove(before: Top, after: Top): boolean {
  return JSON.stringify(before.attributes) === JSON.stringify(after.attributes);
}

/** What of one side is exported, in git's order: also directories that both sides have. */
function partOf(
  place: Omit<Part, 'items' | 'isConverted' | 'isStored'>,
  side: Side,
  levels: readonly Level[],
  { rules, witnesses }: Exported,
): Part {
  const { ignored, converted, stored } = rules[side];
  const visited = new Set<Level | null>([null]);
  const items: TreeItem[] = [];
  for (const level of levels) {
    if (level.trees[side] === null || !visited.has(level.above) || ignored.has(level.path)) continue;
    visited.add(level);
    if (level.path !== '' && witnesses[side].has(level)) items.push(directoryItem(level.path));
    items.push(...level.items[side].filter((item) => !ignored.has(item.path)));
  }
  const key = ({ kind, path }: TreeItem) => (kind === 'directory' ? `${path}/` : path);
  return {
    ...place,
    items: items.sort((one, other) => (key(one) < key(other) ? -1 : 1)),
    isConverted: (item) => item.kind === 'file' && converted.has(item.path),
    isStored: (item) => stored.has(item.path),
  };
}

function directoryItem(path: RawPath): TreeItem {
  return { path, kind: 'directory', executable: false, object: '', sizeBytes: 0 };
}

async function describeNew(
  { repository, objects, blobs, signal }: ChangesQuestion,
  part: Part,
): Promise<readonly DescribedItem[]> {
  const links = part.items.filter((item) => item.kind === 'link').map((item) => item.object);
  const sizes = new Map((await objects.info(links, signal)).map((each) => [each?.object, each?.sizeBytes]));
  const items = part.items.map((item) => ({ ...item, sizeBytes: sizes.get(item.object) ?? 0 }));
  const refusals = refusalsOf(items, '');
  const read = await readPart({ ...part, items: without(items, refusals) }, signal, blobs);
  refuseAll(`${repository.path} at ${part.commit.slice(0, 12)}`, [...refusals, ...read.refusals]);
  return describePart(read, signal);
}

function between(
  files: ReadonlyMap<string, OldFile>,
  old: Part,
  described: readonly DescribedItem[],
): FoundChanges {
  const kinds = new Map(old.items.map((item) => [textOf(item.path), item.kind as ManifestEntry['kind']]));
  const isNew = ({ entry }: DescribedItem) =>
    kinds.get(entry.path) !== entry.kind ||
    (entry.kind !== 'directory' && !isSame(entry, files.get(entry.path)));
  const come = described.filter(isNew);
  const wanted = new Set(described.map(({ entry }) => entry.path));
  const put = come.map(({ entry }) => ({ entry, was: kinds.get(entry.path) ?? null }));
  const gone = [...kinds].filter(([path]) => !wanted.has(path)).map(([path, kind]) => ({ path, kind }));
  const touched = [...put.map(({ entry }) => entry.path), ...gone.map(({ path }) => path)];
  const sizeAt = (path: string) => files.get(path)?.sizeBytes ?? 0;
  const added = put.reduce((sum, { entry }) => sum + (entry.kind === 'file' ? entry.sizeBytes : 0), 0);
  return {
    changes: {
      put: [...put].sort((one, other) => comparePaths(one.entry.path, other.entry.path)),
      gone: canonicalOrder(gone),
      above: directoriesAbove(touched, kinds),
      held: heldFiles(old, new Set(touched), come),
      older: olderContents(old, files, come),
      bytesDelta: added - touched.reduce((sum, path) => sum + sizeAt(path), 0),
    },
    contents: new Map(come.flatMap(({ entry, origin }) => (origin === null ? [] : [[entry.path, origin]]))),
  };
}

/** Two blobs may be the same file once they are exported. */
function isSame(entry: ManifestEntry, old: OldFile | undefined): boolean {
  return old?.hash === entry.hash && old.mode === entry.mode;
}

/** The same blob, exported as it is on both sides, is the same content. */
function heldFiles(
  { items, isConverted, isStored }: Part,
  touched: ReadonlySet<string>,
  come: readonly DescribedItem[],
): readonly HeldFile[] {
  const byObject = new Map(
    come.flatMap(({ entry, origin }) => (origin?.from === 'blob' ? [[origin.object, entry] as const] : [])),
  );
  return items.flatMap((item): readonly HeldFile[] => {
    const same = item.kind === 'file' ? byObject.get(item.object) : undefined;
    if (same === undefined || isConverted(item) || isStored(item)) return [];
    const path = textOf(item.path);
    return touched.has(path) ? [{ path, sizeBytes: same.sizeBytes, hash: same.hash }] : [];
  });
}

/** Where the old version is a blob as it is, and has blocks of the same size. */
function olderContents(
  { items, isConverted, isStored }: Part,
  files: ReadonlyMap<string, OldFile>,
  come: readonly DescribedItem[],
): ReadonlyMap<string, string> {
  const large = new Map(come.flatMap(({ entry }) => (isLarge(entry) ? [[entry.path, entry] as const] : [])));
  if (large.size === 0) return new Map();
  return new Map(
    items.flatMap((item) => {
      const path = textOf(item.path);
      const [wanted, had] = [large.get(path), files.get(path)];
      const isPlain = item.kind === 'file' && !isConverted(item) && !isStored(item);
      if (wanted === undefined || had === undefined || !isPlain) return [];
      if (had.sizeBytes < LARGE_BYTES || blockBytesOf(had.sizeBytes) !== blockBytesOf(wanted.sizeBytes))
        return [];
      return [[path, contentOf(item.object)] as const];
    }),
  );
}

function directoriesAbove(
  touched: readonly string[],
  kinds: ReadonlyMap<string, ManifestEntry['kind']>,
): readonly string[] {
  const found = new Set<string>();
  for (const path of touched) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const above = path.slice(0, end);
      if (kinds.get(above) === 'directory') found.add(above);
    }
  }
  return canonicalOrder([...found].map((path) => ({ path }))).map(({ path }) => path);
}

function textOf(path: RawPath): string {
  return bytesOf(path).toString();
}
