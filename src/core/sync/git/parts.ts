import { join } from 'node:path';
import type { SourceConfig } from '../../config/types.ts';
import { CutoverError } from '../../contract/index.ts';
import { bytesOf, type Exclusion, exclusion, type RawPath, rawPath } from '../exclusion.ts';
import { printable } from '../names.ts';
import type { Refusal } from '../refusal.ts';
import { type ExportRules, exportRules } from './attributes.ts';
import type { Repository } from './command.ts';
import { workTreeAt } from './places.ts';
import { refusalsOf, withoutExcluded, withoutHidden, withoutIgnored } from './select.ts';
import { openSubmodule, type Submodule, type Superproject, submoduleNames } from './submodules.ts';
import { listTree, type TreeItem } from './tree.ts';

/** What one repository has in the tree that is deployed: the source's own, or that of a submodule. */
export interface Part {
  readonly repository: Repository;
  readonly commit: string;
  /** Which directory of the commit; empty or with a slash at its end. */
  readonly prefix: RawPath;
  /** Where in the tree that is there; empty or with a slash at its end. */
  readonly mount: RawPath;
  /** With their paths in the tree. Submodules are directories in it. */
  readonly items: readonly TreeItem[];
  /** A file whose content is what git-archive makes of its blob. */
  readonly isConverted: (item: TreeItem) => boolean;
  /** A file that may be in Git LFS. */
  readonly isStored: (item: TreeItem) => boolean;
}

export interface Selection {
  /** The outermost first. */
  readonly parts: readonly Part[];
  /** What can be told without reading contents. */
  readonly refusals: readonly Refusal[];
}

/** What of a commit is deployed, with its submodules and theirs. */
export function selectParts(
  repository: Repository,
  commit: string,
  { subdirectory, exclude }: Pick<Extract<SourceConfig, { type: 'git' }>, 'subdirectory' | 'exclude'>,
  signal: AbortSignal,
): Promise<Selection> {
  const workTree = () => workTreeAt(repository.path, signal);
  const place = {
    repository,
    commit,
    prefix: prefixOf(subdirectory),
    mount: '',
    workTree,
    outermost: repository,
  };
  return select(place, exclusion(exclude), signal);
}

/** The path of an item of a part from the top of the part's repository. */
export function pathInside({ prefix, mount }: Pick<Part, 'prefix' | 'mount'>, item: TreeItem): RawPath {
  return prefix + item.path.slice(mount.length);
}

interface Place extends Superproject, Pick<Part, 'repository' | 'commit' | 'prefix' | 'mount'> {}

async function select(place: Place, inherited: Exclusion, signal: AbortSignal): Promise<Selection> {
  const { repository, commit } = place;
  const tree = await listTree(repository, commit, signal);
  const below = itemsBelow(tree, place);
  if (below === null) return selectAround(place, tree, inherited, signal);
  const { items, exclusionAt } = await withoutExcluded(repository, below, topOf(place), inherited, signal);
  const rules = await exportRules(repository, tree, withPathsInside(place, items), signal);
  const own = exported(place, items, rules);
  const { parts, refusals, empty } = await selectSubmodules(place, tree, own.items, exclusionAt, signal);
  const left = items.filter((item) => !empty.has(item.path));
  const part = partOf(place, empty.size === 0 ? own.items : exported(place, left, rules).items, rules);
  return { parts: [part, ...parts], refusals: [...own.refusals, ...refusals] };
}

/** The directory that is deployed may be in a submodule. */
async function selectAround(
  place: Place,
  tree: readonly TreeItem[],
  inherited: Exclusion,
  signal: AbortSignal,
): Promise<Selection> {
  const { repository, mount, prefix } = place;
  const around = tree.find(({ kind, path }) => kind === 'submodule' && prefix.startsWith(`${path}/`));
  if (around === undefined) throw noDirectory(place);
  const { path, object: commit } = around;
  const name = (await submoduleNames(repository, tree, signal)).get(path) ?? null;
  const inside = { mount, prefix: prefix.slice(path.length + 1) };
  return enter(place, { path, name, commit }, inside, inherited, signal);
}

async function selectSubmodules(
  place: Place,
  tree: readonly TreeItem[],
  items: readonly TreeItem[],
  exclusionAt: (path: RawPath) => Exclusion,
  signal: AbortSignal,
): Promise<Selection & { readonly empty: ReadonlySet<RawPath> }> {
  const submodules = items.filter(({ kind }) => kind === 'submodule');
  const names = submodules.length === 0 ? null : await submoduleNames(place.repository, tree, signal);
  const found: Selection[] = [];
  const empty = new Set<RawPath>();
  for (const item of submodules) {
    const path = pathInside(place, item);
    const submodule = { path, name: names?.get(path) ?? null, commit: item.object };
    const inside = { mount: `${item.path}/`, prefix: '' };
    const selection = await enter(place, submodule, inside, exclusionAt(item.path), signal);
    if (selection.parts[0]?.items.length === 0) empty.add(item.path);
    found.push(selection);
  }
  return {
    parts: found.flatMap(({ parts }) => parts),
    refusals: found.flatMap(({ refusals }) => refusals),
    empty,
  };
}

async function enter(
  place: Place,
  submodule: Submodule,
  inside: Pick<Part, 'mount' | 'prefix'>,
  inherited: Exclusion,
  signal: AbortSignal,
): Promise<Selection> {
  const opened = await openSubmodule(place, submodule, signal);
  if ('reason' in opened) {
    const path = bytesOf(topOf(inside) === '' ? submodule.path : topOf(inside));
    return { parts: [], refusals: [{ path, ...opened }] };
  }
  const workTree = async () => {
    const top = await place.workTree();
    return top === null ? null : join(top, bytesOf(submodule.path).toString());
  };
  const { outermost } = place;
  const found = { repository: opened, commit: submodule.commit, ...inside, workTree, outermost };
  return select(found, inherited, signal);
}

/** Those that git-archive exports, and can be deployed. */
function exported(place: Place, items: readonly TreeItem[], { ignored }: ExportRules) {
  const left = withoutIgnored(items, (item) => ignored.has(pathInside(place, item)));
  const refusals = refusalsOf(left, topOf(place));
  return { items: without(left, refusals), refusals };
}

function partOf(place: Place, items: readonly TreeItem[], rules: ExportRules): Part {
  const { repository, commit, prefix, mount } = place;
  return {
    repository,
    commit,
    prefix,
    mount,
    items,
    isConverted: (item) => item.kind === 'file' && rules.converted.has(pathInside(place, item)),
    isStored: (item) => rules.stored.has(pathInside(place, item)),
  };
}

/** Empty, or with a slash at its end. */
export function prefixOf(subdirectory: string | null): RawPath {
  const names = (subdirectory ?? '').split('/').filter((name) => name !== '' && name !== '.');
  return names.map((name) => `${rawPath(name)}/`).join('');
}

function topOf({ mount }: Pick<Part, 'mount'>): RawPath {
  return mount.slice(0, -1);
}

/** With their paths in the tree that is deployed. Null when the prefix is no directory. */
function itemsBelow(tree: readonly TreeItem[], { prefix, mount }: Place): readonly TreeItem[] | null {
  if (prefix === '' && mount === '') return tree;
  const directory = prefix.slice(0, -1);
  const isThere = ({ kind, path }: TreeItem) => kind === 'directory' && path === directory;
  if (prefix !== '' && !tree.some(isThere)) return null;
  return tree
    .filter((item) => item.path.startsWith(prefix))
    .map((item) => ({ ...item, path: mount + item.path.slice(prefix.length) }));
}

function withPathsInside(place: Place, items: readonly TreeItem[]): readonly TreeItem[] {
  if (place.prefix === '' && place.mount === '') return items;
  return items.map((item) => ({ ...item, path: pathInside(place, item) }));
}

export function without(items: readonly TreeItem[], refusals: readonly Refusal[]): readonly TreeItem[] {
  if (refusals.length === 0) return items;
  const refused = new Set(refusals.map(({ path }) => rawPath(path)));
  return withoutHidden(items, (item) => refused.has(item.path));
}

function noDirectory({ repository, commit, prefix }: Place): CutoverError {
  const directory = printable(bytesOf(prefix.slice(0, -1)));
  const message = `The commit ${commit.slice(0, 12)} of ${repository.path} has no directory ${directory}.`;
  return new CutoverError('E_SOURCE', message, {
    hint: 'Correct `source.subdirectory` in the configuration.',
  });
}
