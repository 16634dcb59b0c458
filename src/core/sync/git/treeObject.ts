import { bytesOf, type RawPath } from '../exclusion.ts';
import type { TreeItem } from './tree.ts';

/** One entry of a tree object. */
export interface TreeEntry {
  readonly name: RawPath;
  readonly kind: TreeItem['kind'];
  readonly executable: boolean;
  /** The object's name in bytes, one character each. */
  readonly id: RawPath;
}

/** `idBytes` is 20 for sha1 and 32 for sha256. Null when this is no tree. */
export function parseTree(content: Buffer, idBytes: number): readonly TreeEntry[] | null {
  const text = content.toString('latin1');
  const entries: TreeEntry[] = [];
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(' ', at);
    const end = text.indexOf('\0', space);
    const next = end + 1 + idBytes;
    if (space < 0 || end < 0 || next > text.length) return null;
    const mode = text.slice(at, space);
    const kind = kindOf(mode);
    const executable = kind === 'file' && (Number.parseInt(mode, 8) & 0o100) !== 0;
    entries.push({ name: text.slice(space + 1, end), kind, executable, id: text.slice(end + 1, next) });
    at = next;
  }
  return entries;
}

/** What stands under one name in two directories, where that is not the same. */
export interface Difference {
  readonly name: RawPath;
  readonly old: TreeEntry | null;
  readonly new: TreeEntry | null;
}

/** In any order. Null when one of these names stands more than once in one of the two. */
export function differences(
  old: readonly TreeEntry[],
  wanted: readonly TreeEntry[],
): readonly Difference[] | null {
  const [gone, come] = unequal(old, wanted);
  if (gone.length + come.length === 0) return [];
  const names = new Set([...gone, ...come].map((entry) => entry.name));
  if (hasDoubles(old, names) || hasDoubles(wanted, names)) return null;
  const left = new Map(gone.map((entry) => [entry.name, entry]));
  const found: Difference[] = [];
  for (const entry of come) {
    const before = left.get(entry.name) ?? null;
    left.delete(entry.name);
    if (before === null || !isSame(before, entry)) found.push({ name: entry.name, old: before, new: entry });
  }
  for (const entry of left.values()) found.push({ name: entry.name, old: entry, new: null });
  return found;
}

export function objectOf(entry: TreeEntry): string {
  return bytesOf(entry.id).toString('hex');
}

/** An entry that is the same in both, and at its place in git's order, is in neither list. */
function unequal(
  old: readonly TreeEntry[],
  wanted: readonly TreeEntry[],
): readonly [gone: readonly TreeEntry[], come: readonly TreeEntry[]] {
  const gone: TreeEntry[] = [];
  const come: TreeEntry[] = [];
  let at = 0;
  for (const entry of wanted) {
    const key = orderKey(entry);
    let before = old[at];
    while (before !== undefined && orderKey(before) < key) {
      gone.push(before);
      at += 1;
      before = old[at];
    }
    if (before !== undefined && isSame(before, entry)) at += 1;
    else come.push(entry);
  }
  gone.push(...old.slice(at));
  return [gone, come];
}

/** Git sorts directories as if their names ended in a slash. */
function orderKey({ name, kind }: TreeEntry): RawPath {
  return kind === 'directory' ? `${name}/` : name;
}

function isSame(one: TreeEntry, other: TreeEntry): boolean {
  return (
    one.name === other.name &&
    one.id === other.id &&
    one.kind === other.kind &&
    one.executable === other.executable
  );
}

function hasDoubles(entries: readonly TreeEntry[], names: ReadonlySet<RawPath>): boolean {
  const some = entries.filter((entry) => names.has(entry.name));
  return new Set(some.map((entry) => entry.name)).size < some.length;
}

/** Everything that git does not know counts as a submodule for it. */
function kindOf(mode: string): TreeEntry['kind'] {
  if (mode.startsWith('100') && mode.length === 6) return 'file';
  if (mode === '40000' || mode === '040000') return 'directory';
  return mode === '120000' ? 'link' : 'submodule';
}
