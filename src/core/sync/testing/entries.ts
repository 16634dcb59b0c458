import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { canonicalOrder } from '../order.ts';
import type { CachedManifest, FileContent, Manifest, ManifestEntry } from '../types.ts';

export const sha256 = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');

export function file(path: string, content: string | Uint8Array, mode = 0o644): ManifestEntry {
  return { path, kind: 'file', mode, sizeBytes: Buffer.byteLength(content), hash: sha256(content) };
}

export function directory(path: string): ManifestEntry {
  return { path, kind: 'directory', mode: 0o755, sizeBytes: 0, hash: '' };
}

export function link(path: string, target: string): ManifestEntry {
  const sizeBytes = Buffer.byteLength(target);
  return { path, kind: 'link', mode: 0o777, sizeBytes, hash: sha256(target), target };
}

export function manifest(...entries: readonly ManifestEntry[]): Manifest {
  return canonicalOrder(entries);
}

export function cachedAt(modifiedAtSec: number, entries: Manifest): CachedManifest {
  return entries.map((entry) => ({ ...entry, modifiedAtSec }));
}

export async function* contents(
  ...files: readonly (readonly [ManifestEntry, ...(string | Uint8Array)[]])[]
): AsyncGenerator<FileContent> {
  for (const [entry, ...chunks] of files) yield { entry, chunks: pieces(chunks) };
}

async function* pieces(chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

/** Names that have broken such tools before. */
export const TORTURE = [
  'plain',
  ' leading and trailing ',
  "it's",
  '"double"',
  '$(touch pwned)',
  '`touch pwned`',
  '-rf',
  '--delete',
  'back\\slash',
  'caf\u00e9',
  'cafe\u0301',
  'README',
  'readme',
  '\u{1f680}\u{1f469}\u200d\u{1f680}',
  '\uffee',
  '*?[a-z]',
  '#hash',
  '!bang',
  'new%0aline',
  '.hidden',
  '...',
  '~',
  'x'.repeat(255),
  '\u00e9'.repeat(127),
] as const;

/** Small trees over few names, so that two of them often hold the same path in another kind. */
export function trees(names: readonly string[] = ['a', 'b', '-c', 'é']): fc.Arbitrary<Manifest> {
  const { tree } = fc.letrec<{ tree: Manifest; entry: Manifest }>((tie) => ({
    tree: fc
      .uniqueArray(fc.tuple(fc.constantFrom(...names), tie('entry')), {
        selector: ([name]) => name,
        maxLength: 4,
      })
      .map((children) => children.flatMap(([name, below]) => below.map((entry) => under(name, entry)))),
    entry: fc.oneof(
      { maxDepth: 3 },
      fc
        .tuple(fc.constantFrom('', 'one', 'two'), fc.constantFrom(0o644, 0o755))
        .map(([content, mode]) => [file('', content, mode)]),
      fc.constantFrom('here', 'there').map((target) => [link('', target)]),
      tie('tree').map((below) => [directory(''), ...below]),
    ),
  }));
  return tree.map((entries) => manifest(...entries));
}

function under(name: string, entry: ManifestEntry): ManifestEntry {
  return { ...entry, path: entry.path === '' ? name : `${name}/${entry.path}` };
}
