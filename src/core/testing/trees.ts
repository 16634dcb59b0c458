import { manifestHash } from '../sync/manifestText.ts';
import { canonicalOrder } from '../sync/order.ts';
import { directory, file, link } from '../sync/testing/entries.ts';
import type { FileContent, Manifest, ManifestEntry, Snapshot } from '../sync/types.ts';
import { wholeOnly } from '../sync/wholeOnly.ts';

/** A tree in memory, by path: the text of a file, where a link leads, null for an empty directory. */
export type Tree = Readonly<Record<string, string | Uint8Array | { readonly to: string } | null>>;

export function manifestOf(tree: Tree): Manifest {
  const entries = new Map<string, ManifestEntry>();
  for (const [path, what] of Object.entries(tree)) {
    for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1))
      entries.set(path.slice(0, slash), directory(path.slice(0, slash)));
    entries.set(path, entryOf(path, what));
  }
  return canonicalOrder([...entries.values()]);
}

/** The same as a fixed state of a source. */
export function snapshotOf(tree: Tree, revision = 'one'): Snapshot {
  async function* read(entries: readonly ManifestEntry[]): AsyncGenerator<FileContent> {
    for (const entry of entries) yield { entry, chunks: bytesOf(tree[entry.path]) };
  }
  const manifest = manifestOf(tree);
  const state = `sha256:${manifestHash(manifest)}`;
  return {
    revision,
    branch: 'main',
    message: null,
    author: null,
    state,
    ...wholeOnly(manifest, state),
    read,
  };
}

function entryOf(path: string, what: Tree[string] | undefined): ManifestEntry {
  if (what === null || what === undefined) return directory(path);
  if (typeof what === 'string' || what instanceof Uint8Array) return file(path, what);
  return link(path, what.to);
}

async function* bytesOf(what: Tree[string] | undefined): AsyncGenerator<Uint8Array> {
  if (typeof what === 'string') yield Buffer.from(what);
  if (what instanceof Uint8Array) yield what;
}
