import { type Exclusion, exclusion, type RawPath, rawPath } from '../exclusion.ts';
import { type AttributesQuestion, anyMatters, askBelow } from './exported.ts';
import { isExcluded, isIgnoreFile, rulesOf } from './levels.ts';
import { type AttributesFile, attributesIn, search, type Witness } from './occupied.ts';
import { objectOf, type TreeEntry } from './treeObject.ts';
import type { Tree } from './trees.ts';
import { Unknown } from './unknown.ts';

export interface FoundPath {
  readonly kind: 'file' | 'directory' | 'link';
  /** The blob that is its content; null when that is made of more than a blob. */
  readonly object: string | null;
}

export interface LookUpQuestion extends AttributesQuestion {
  /** The tree object that is deployed. */
  readonly top: string;
  readonly exclude: readonly string[];
}

/**
 * What a manifest would have at these paths, found on the way down to each. Nothing for what is not there, or is left
 * out; null when only the whole manifest can tell.
 */
export async function lookUp(
  question: LookUpQuestion,
  paths: readonly string[],
): Promise<ReadonlyMap<string, FoundPath> | null> {
  try {
    return await find(question, paths);
  } catch (error) {
    if (error instanceof Unknown) return null;
    throw error;
  }
}

interface Directory {
  readonly tree: Tree;
  readonly rules: Exclusion;
}

interface Sighted {
  readonly path: string;
  readonly raw: RawPath;
  readonly entry: TreeEntry;
  readonly witness: Witness;
}

async function find(
  question: LookUpQuestion,
  paths: readonly string[],
): Promise<ReadonlyMap<string, FoundPath>> {
  const visited = new Map<RawPath, Directory | null>();
  const sighted: Sighted[] = [];
  for (const path of new Set(paths)) {
    const found = await sight(question, visited, rawPath(path));
    if (found !== null) sighted.push({ path, raw: rawPath(path), ...found });
  }
  return withoutIgnored(question, filesIn(visited), sighted);
}

async function sight(
  question: LookUpQuestion,
  visited: Map<RawPath, Directory | null>,
  path: RawPath,
): Promise<Pick<Sighted, 'entry' | 'witness'> | null> {
  const directory = await directoryAt(question, visited, parentOf(path));
  const entry = directory && entryAt(directory, path);
  if (!entry || !directory) return null;
  if (entry.kind !== 'directory') return { entry, witness: { directories: [], attributes: [] } };
  const inside = await directoryAt(question, visited, path);
  const witness = inside && (await search(question, path, inside.tree, inside.rules, new Set()));
  return witness && { entry, witness };
}

/** Null where none is, or it is excluded. */
async function directoryAt(
  question: LookUpQuestion,
  visited: Map<RawPath, Directory | null>,
  path: RawPath,
): Promise<Directory | null> {
  const known = visited.get(path);
  if (known !== undefined) return known;
  const above = path === '' ? null : await directoryAt(question, visited, parentOf(path));
  const entry = above && entryAt(above, path);
  const object = path === '' ? question.top : entry?.kind === 'directory' ? objectOf(entry) : null;
  const inherited = above?.rules ?? exclusion(question.exclude);
  const found = object === null ? null : await open(question, object, path, inherited);
  visited.set(path, found);
  return found;
}

async function open(
  question: LookUpQuestion,
  object: string,
  path: RawPath,
  inherited: Exclusion,
): Promise<Directory> {
  const [tree] = await question.trees.load([object], question.signal);
  if (!tree) throw new Unknown();
  const [rules] = await rulesOf(question, [{ path, tree, inherited }]);
  return { tree, rules: rules! };
}

function entryAt({ tree, rules }: Directory, path: RawPath): TreeEntry | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const entry = tree.find((each) => each.name === name);
  if (entry === undefined || isIgnoreFile(entry) || isExcluded(rules, path, entry)) return null;
  // What a submodule holds is known by its own repository.
  if (entry.kind === 'submodule') throw new Unknown();
  return entry;
}

async function withoutIgnored(
  question: LookUpQuestion,
  files: readonly AttributesFile[],
  sighted: readonly Sighted[],
): Promise<ReadonlyMap<string, FoundPath>> {
  const all = [...files, ...sighted.flatMap(({ witness }) => witness.attributes)];
  const found = (object: (each: Sighted) => string | null, left: readonly Sighted[]) =>
    new Map(
      left.map((each) => [each.path, { kind: each.entry.kind as FoundPath['kind'], object: object(each) }]),
    );
  if (!(await anyMatters(question, [...question.above, ...all])))
    return found(({ entry }) => objectOf(entry), sighted);
  const { ignored, converted, stored } = await askBelow(question, all, sighted.flatMap(candidatesOf));
  const isIgnored = (path: RawPath) => ignored.has(path);
  const left = sighted.filter(({ raw }) => !upwards(raw).some(isIgnored));
  if (left.some(({ witness }) => witness.directories.some(isIgnored))) throw new Unknown();
  const isPlain = (path: RawPath) => !converted.has(path) && !stored.has(path);
  return found(({ raw, entry }) => (isPlain(raw) ? objectOf(entry) : null), left);
}

function candidatesOf({ raw, entry, witness }: Sighted) {
  const directories = [...upwards(raw).slice(1), ...witness.directories];
  return [
    { kind: entry.kind, path: raw },
    ...directories.map((path) => ({ kind: 'directory' as const, path })),
  ];
}

/** The path itself, and the directories above it. */
function upwards(path: RawPath): readonly RawPath[] {
  const above: RawPath[] = [];
  for (let each = path; each !== ''; each = parentOf(each)) above.push(each);
  return above;
}

function filesIn(visited: ReadonlyMap<RawPath, Directory | null>): readonly AttributesFile[] {
  return [...visited].flatMap(([path, directory]) => (directory ? attributesIn(path, directory.tree) : []));
}

function parentOf(path: RawPath): RawPath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
