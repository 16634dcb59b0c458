import { type BlockWork, blockBytesOf, blockName } from './blocks.ts';
import { type Reuse, type ReuseBatch, reuseBatches } from './reuse.ts';
import { textFile } from './textFile.ts';
import type { FileContent, ManifestEntry } from './types.ts';

/**
 * Tells the server what to make of what it holds. `blocks`: a line for each file of which blocks are sent, with `upload`,
 * `cache` or `nothing`, path, size, size of a block, and the name of its blocks without their number. `reuse`: a line for each batch
 * of copies, with `upload` or `cache`, from, to, and the name of a list of paths ended by NUL, or a dash. `made-644` and
 * `made-755`: what is made, by mode. `sums`: what must then be in them, as sha256sum prints it; also in what arrived in
 * an earlier try: nobody knows whether that was proven.
 */
export function* makingLists(
  reused: readonly Reuse[],
  blocks: readonly BlockWork[],
  kept: ReadonlySet<string> = new Set(),
): Generator<FileContent> {
  if (reused.length + blocks.length === 0) return;
  const missing = reused.filter(({ entry }) => !kept.has(entry.path));
  yield textFile('blocks.list', blocks.map(blockLine).join(''));
  const batches = reuseBatches(missing);
  yield textFile('reuse', batches.map(batchLine).join(''));
  for (const [index, { paths }] of batches.entries()) {
    if (paths.length > 0) yield textFile(`reuse-${index}`, listOf(paths));
  }
  const made = [...missing, ...blocks].map(({ entry }) => entry);
  for (const mode of [0o644, 0o755]) {
    const paths = made.filter((entry) => entry.mode === mode).map(({ path }) => path);
    yield textFile(`made-${mode.toString(8)}`, listOf(paths));
  }
  const sums = [...reused, ...blocks].map(({ entry }) => `${entry.hash}  ./${entry.path}\n`);
  yield textFile('sums', sums.join(''));
}

/** Ended by NUL. A dot in front keeps names with a leading dash from being taken for options. */
export function listOf(paths: readonly string[]): string {
  return paths.map((path) => `./${path}\0`).join('');
}

function blockLine({ entry, basis, different, belief }: BlockWork): string {
  const name = nameWithoutNumber(entry);
  const fields = [basis.in, `./${entry.path}`, entry.sizeBytes, blockBytesOf(entry.sizeBytes), name];
  return `${[...fields, different.size, belief?.was ?? '-', entry.hash].join('\t')}\n`;
}

function nameWithoutNumber(entry: ManifestEntry): string {
  return blockName(entry, 0).replace(/\.0$/, '');
}

function batchLine({ in: place, from, to, paths }: ReuseBatch, index: number): string {
  return `${place}\t./${from}\t./${to}\t${paths.length === 0 ? '-' : `reuse-${index}`}\n`;
}
