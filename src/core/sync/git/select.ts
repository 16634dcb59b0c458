import { bytesOf, type Exclusion, IGNORE_FILE, type RawPath } from '../exclusion.ts';
import { LONGEST_TARGET_BYTES, nameProblem } from '../names.ts';
import { ODD_IGNORE_FILE, type Refusal } from '../refusal.ts';
import { readBlobs } from './blobs.ts';
import { whole } from './byteReader.ts';
import type { Repository } from './command.ts';
import type { TreeItem } from './tree.ts';

/** Without those that are hidden, and without all below a hidden directory. Parents must come before children. */
export function withoutHidden(
  items: readonly TreeItem[],
  isHidden: (item: TreeItem) => boolean,
): readonly TreeItem[] {
  const hidden = new Set<RawPath>();
  return items.filter((item) => {
    const gone = hidden.has(parentOf(item.path)) || isHidden(item);
    if (gone && item.kind === 'directory') hidden.add(item.path);
    return !gone;
  });
}

/**
 * Leaves out what attributes say, and directories in which nothing is left; as git-archive does, a directory stays
 * while it has a file in it, even if that file is ignored.
 */
export function withoutIgnored(
  items: readonly TreeItem[],
  isIgnored: (item: TreeItem) => boolean,
): readonly TreeItem[] {
  const visited = withoutHidden(items, (item) => item.kind === 'directory' && isIgnored(item));
  const full = new Set<RawPath>();
  for (const { kind, path } of visited) {
    if (kind === 'directory') continue;
    for (let above = parentOf(path); above !== ''; above = parentOf(above)) full.add(above);
  }
  return visited.filter((item) => (item.kind === 'directory' ? full.has(item.path) : !isIgnored(item)));
}

export interface Included {
  readonly items: readonly TreeItem[];
  /** What a directory, or a submodule, has inherited. */
  readonly exclusionAt: (path: RawPath) => Exclusion;
}

/**
 * Leaves out what was inherited and the commit's own ignore files exclude, and those files themselves. `directory` is
 * where all the items are; a submodule is excluded as a directory is.
 */
export async function withoutExcluded(
  repository: Repository,
  items: readonly TreeItem[],
  directory: RawPath,
  inherited: Exclusion,
  signal: AbortSignal,
): Promise<Included> {
  const ignoreFiles = items.filter((item) => item.kind === 'file' && nameOf(item.path) === IGNORE_FILE);
  const texts = await contentsOf(repository, ignoreFiles, signal);
  const rules = new Map<RawPath, Exclusion>();
  const enter = (path: RawPath, above: Exclusion): Exclusion => {
    const text = texts.get(path);
    const own = text === undefined ? above : above.withIgnoreFile(path, text);
    rules.set(path, own);
    return own;
  };
  const top = enter(directory, inherited);
  const included = withoutHidden(items, (item) => {
    if (item.kind === 'file' && nameOf(item.path) === IGNORE_FILE) return true;
    const above = rules.get(parentOf(item.path)) ?? top;
    const holdsOthers = item.kind === 'directory' || item.kind === 'submodule';
    if (above.excludes(item.path, holdsOthers ? 'directory' : 'other')) return true;
    if (holdsOthers) enter(item.path, above);
    return false;
  });
  return { items: included, exclusionAt: (path) => rules.get(path) ?? top };
}

/** What can be told without reading contents. `directory` is where all the items are. */
export function refusalsOf(items: readonly TreeItem[], directory: RawPath): readonly Refusal[] {
  const directories = new Set<RawPath>([directory]);
  const seen = new Set<RawPath>();
  return items.flatMap((item) => {
    const reason = reasonAgainst(item, directories, seen);
    seen.add(item.path);
    if (item.kind === 'directory') directories.add(item.path);
    return reason === null ? [] : [{ path: bytesOf(item.path), reason }];
  });
}

function reasonAgainst(
  item: TreeItem,
  directories: ReadonlySet<RawPath>,
  seen: ReadonlySet<RawPath>,
): string | null {
  const problem = nameProblem(bytesOf(nameOf(item.path)));
  if (problem !== null) return problem;
  if (seen.has(item.path)) return 'stands in its tree more than once';
  if (!directories.has(parentOf(item.path))) return 'is not in a directory of the tree';
  if (item.kind !== 'directory' && nameOf(item.path) === IGNORE_FILE) return ODD_IGNORE_FILE;
  const tooLong = item.kind === 'link' && item.sizeBytes > LONGEST_TARGET_BYTES;
  return tooLong ? 'is a link with too long a target' : null;
}

/** By directory. */
async function contentsOf(
  repository: Repository,
  ignoreFiles: readonly TreeItem[],
  signal: AbortSignal,
): Promise<ReadonlyMap<RawPath, Uint8Array>> {
  const texts = new Map<RawPath, Uint8Array>();
  const objects = ignoreFiles.map((item) => item.object);
  let index = 0;
  for await (const { chunks } of readBlobs(repository, objects, signal)) {
    const { path } = ignoreFiles[index] as TreeItem;
    texts.set(parentOf(path), await whole(chunks));
    index += 1;
  }
  return texts;
}

function nameOf(path: RawPath): RawPath {
  return path.slice(path.lastIndexOf('/') + 1);
}

function parentOf(path: RawPath): RawPath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
