import type { TreeDiff } from './diff.ts';
import type { FileChange, ManifestEntry } from './types.ts';

/** A file that is made of what the server holds by the time it is needed. */
export interface Reuse {
  readonly entry: ManifestEntry;
  readonly from: ReuseSource;
}

export interface ReuseSource {
  /** `cache`: in the deploy-cache as it was. `upload`: among the files that are sent. */
  readonly in: 'cache' | 'upload';
  readonly path: string;
}

/** A file of the deploy-cache, and what is said to be in it. */
export type HeldFile = Pick<ManifestEntry, 'path' | 'sizeBytes' | 'hash'>;

/**
 * Pure. Which files of `diff.upload` need not be sent, because something in `held`, or another file that is sent, has
 * their content. In the order of `diff.upload`.
 */
export function planReuse(diff: TreeDiff, held: readonly HeldFile[]): readonly Reuse[] {
  const files = thatOccurAgain(
    diff.upload.filter((entry) => entry.kind === 'file' && entry.sizeBytes > 0),
    held,
  );
  if (files.length === 0) return [];
  const sources = sourcesOf(files, held);
  const found: Reuse[] = [];
  for (const entry of files) {
    const from = nearest(sources, entry);
    if (from === null) addSource(sources, { in: 'upload', path: entry.path }, entry);
    else if (isTellable(entry.path)) found.push({ entry, from });
  }
  return worthwhile(found);
}

/** Of most files the content is nowhere else: of a first upload's hundred thousand nothing more is kept in memory. */
function thatOccurAgain(
  files: readonly ManifestEntry[],
  held: readonly HeldFile[],
): readonly ManifestEntry[] {
  const seen = new Set(held.map(({ hash }) => hash));
  const again = new Set<string>();
  for (const { hash } of files) {
    if (seen.has(hash)) again.add(hash);
    else seen.add(hash);
  }
  return files.filter(({ hash }) => again.has(hash));
}

/** Where a file is copied, nothing of it is sent. */
export function withoutReused(diff: TreeDiff, reuse: readonly Reuse[]): TreeDiff {
  if (reuse.length === 0) return diff;
  const reused = new Set(reuse.map(({ entry }) => entry.path));
  const changes = diff.changes.map((change) => (reused.has(change.path) ? { ...change, bytes: 0 } : change));
  return { ...diff, changes, bytes: sumOf(changes) };
}

/** Files that one copying program can make: each is at `from/path`, and comes to `to/path`. Empty: the top. */
export interface ReuseBatch {
  readonly in: ReuseSource['in'];
  readonly from: string;
  readonly to: string;
  readonly paths: readonly string[];
}

/** A renamed directory is one batch, a file that was given another name is one by itself, whose `paths` is empty. */
export function reuseBatches(reuse: readonly Reuse[]): readonly ReuseBatch[] {
  return batchesOf(reuse).map(({ files: _, ...batch }) => batch);
}

interface Batch extends ReuseBatch {
  readonly files: readonly Reuse[];
}

/** Starting a program takes as long as sending so much. */
const PROGRAM_BYTES = 32 * 1024;

/** So many small batches are taken anyway. */
const SMALL_BATCHES = 16;

function worthwhile(found: readonly Reuse[]): readonly Reuse[] {
  const bytesOf = ({ files }: Batch) => files.reduce((sum, { entry }) => sum + entry.sizeBytes, 0);
  const sorted = batchesOf(found)
    .map((batch) => ({ files: batch.files, bytes: bytesOf(batch) }))
    .sort((one, other) => other.bytes - one.bytes);
  const chosen = sorted.filter(({ bytes }, index) => index < SMALL_BATCHES || bytes >= PROGRAM_BYTES);
  const paths = new Set(chosen.flatMap(({ files }) => files.map(({ entry }) => entry.path)));
  return found.filter(({ entry }) => paths.has(entry.path));
}

function batchesOf(reuse: readonly Reuse[]): readonly Batch[] {
  const batches = new Map<string, Batch & { readonly paths: string[]; readonly files: Reuse[] }>();
  for (const each of reuse) {
    const { entry, from } = each;
    const common = commonEnd(from.path, entry.path);
    const place = { in: from.in, from: without(from.path, common), to: without(entry.path, common) };
    const key = JSON.stringify(place);
    const batch = batches.get(key) ?? { ...place, paths: [], files: [] };
    batches.set(key, batch);
    if (common !== '') batch.paths.push(common);
    batch.files.push(each);
  }
  return [...batches.values()];
}

/** The names at the end that both paths have: the whole path where they are equal. */
function commonEnd(one: string, other: string): string {
  const [names, others] = [one.split('/'), other.split('/')];
  let count = 0;
  while (count < names.length && count < others.length && names.at(-1 - count) === others.at(-1 - count))
    count += 1;
  return count === 0 ? '' : names.slice(-count).join('/');
}

function without(path: string, end: string): string {
  return end === '' ? path : path.slice(0, Math.max(0, path.length - end.length - 1));
}

/** By content, and by content and the last name, or the last two. */
type Sources = Map<string, ReuseSource[]>;

function sourcesOf(files: readonly ManifestEntry[], held: readonly HeldFile[]): Sources {
  const wanted = new Set(files.map(contentOf));
  const sources: Sources = new Map();
  for (const file of held) {
    if (wanted.has(contentOf(file)) && isTellable(file.path))
      addSource(sources, { in: 'cache', path: file.path }, file);
  }
  return sources;
}

function addSource(sources: Sources, source: ReuseSource, file: HeldFile): void {
  for (const key of keysOf(file)) {
    const known = sources.get(key);
    if (known === undefined) sources.set(key, [source]);
    else if (known.length < MOST_SOURCES) known.push(source);
  }
}

/** A choice between more takes longer than it saves. */
const MOST_SOURCES = 64;

/** The source that has most of the path: a directory that was renamed is then one batch. */
function nearest(sources: Sources, entry: ManifestEntry): ReuseSource | null {
  const known = keysOf(entry).flatMap((key) => sources.get(key)?.slice(0, MOST_SOURCES) ?? []);
  let [best = null] = known;
  for (const each of known) {
    if (best === null || commonEnd(each.path, entry.path).length > commonEnd(best.path, entry.path).length)
      best = each;
  }
  return best;
}

function keysOf(file: HeldFile): readonly string[] {
  const content = contentOf(file);
  const names = file.path.split('/');
  return [`${content} ${names.slice(-2).join('/')}`, `${content} ${names.at(-1)}`, content];
}

function contentOf({ hash, sizeBytes }: HeldFile): string {
  return `${sizeBytes} ${hash}`;
}

/** sha256sum prints a name with a backslash in another way. */
function isTellable(path: string): boolean {
  return !path.includes('\\');
}

function sumOf(changes: readonly FileChange[]): number {
  return changes.reduce((sum, change) => sum + change.bytes, 0);
}
