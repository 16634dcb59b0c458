import { createHash } from 'node:crypto';
import { CutoverError } from '../contract/index.ts';
import { linkProblem, pathProblem, printable } from './names.ts';
import { canonicalOrder, comparePaths } from './order.ts';
import type { CachedEntry, CachedManifest, Manifest, ManifestEntry } from './types.ts';

/** sha256, hex, of what a tree is: kinds, modes, sizes, hashes, paths and targets, but no times. */
export function manifestHash(manifest: Manifest): string {
  const hash = createHash('sha256');
  for (const entry of manifest) hash.update(`${[...stateOf(entry), ...whereOf(entry)].join('\t')}\n`);
  return hash.digest('hex');
}

/** A path that is gone since the segment before. */
export interface Gone {
  readonly path: string;
  readonly kind: 'gone';
}

/**
 * A segment of the server's manifest: a header, then for each path, in order, `kind mode size hash time path [target]`,
 * separated by tabs; one that is gone has a dash in all columns before its path. No path or target holds a tab or a line
 * end, because names with control characters are refused. The first segment of a manifest is all of it.
 */
export function formatSegment(entries: readonly (CachedEntry | Gone)[]): string {
  return [...segmentParts(entries)].join('');
}

/** The same in parts of some kilobytes: all of it at once would take more memory than anything else. */
export function* segmentParts(entries: readonly (CachedEntry | Gone)[]): Generator<string> {
  yield `${HEADER}\n`;
  for (let at = 0; at < entries.length; at += LINES_AT_A_TIME) {
    yield entries
      .slice(at, at + LINES_AT_A_TIME)
      .map((entry) => `${lineOf(entry)}\n`)
      .join('');
  }
}

const LINES_AT_A_TIME = 200;

function lineOf(entry: CachedEntry | Gone): string {
  return entry.kind === 'gone'
    ? `${GONE}${entry.path}`
    : [...stateOf(entry), entry.modifiedAtSec, ...whereOf(entry)].join('\t');
}

/** A manifest from its segments, oldest first. Throws `E_REMOTE` on everything that `formatSegment` could not have written. */
export function readSegments(texts: readonly string[]): CachedManifest {
  const [first, ...later] = texts.map(parseSegment);
  if (first === undefined) throw damaged(1, 'it has no segment');
  const entries = later.length === 0 ? withoutGone(first) : laidOver(first, later);
  const directories = new Set(['']);
  for (const [index, entry] of entries.entries()) {
    if (!directories.has(parentOf(entry.path))) throw damaged(index + 2, 'its directory is missing');
    if (entry.kind === 'directory') directories.add(entry.path);
  }
  return entries;
}

function laidOver(
  first: readonly (CachedEntry | Gone)[],
  later: readonly (readonly (CachedEntry | Gone)[])[],
): CachedManifest {
  const byPath = new Map(first.map((entry) => [entry.path, entry]));
  for (const segment of later) {
    for (const entry of segment) byPath.set(entry.path, entry);
  }
  return canonicalOrder(withoutGone([...byPath.values()]));
}

function withoutGone(entries: readonly (CachedEntry | Gone)[]): CachedManifest {
  return entries.filter((entry) => entry.kind !== 'gone');
}

function parseSegment(text: string): readonly (CachedEntry | Gone)[] {
  const lines = text.split('\n');
  if (lines[0] !== HEADER) throw damaged(1, `it does not begin with "${HEADER}"`);
  if (lines.at(-1) !== '') throw damaged(lines.length, 'it ends in the middle of a line');
  let before: string | null = null;
  return lines.slice(1, -1).map((line, index) => {
    const entry = line.startsWith(GONE) ? parseGone(line, index + 2) : parseLine(line, index + 2);
    if (before !== null && comparePaths(before, entry.path) >= 0)
      throw damaged(index + 2, 'it is not in order');
    before = entry.path;
    return entry;
  });
}

function parseGone(line: string, number: number): Gone {
  const path = line.slice(GONE.length);
  const problem = pathProblem(path);
  if (problem !== null) throw damaged(number, `${printable(path)} ${problem}`);
  return { path, kind: 'gone' };
}

const HEADER = 'cutover-manifest 1';
const GONE = '-\t-\t-\t-\t-\t';
const LETTERS = { file: 'f', directory: 'd', link: 'l' } as const;
const KINDS = { f: 'file', d: 'directory', l: 'link' } as const;
const MODES = { file: ['644', '755'], directory: ['755'], link: ['777'] } as const;

function stateOf(entry: ManifestEntry): readonly (string | number)[] {
  return [LETTERS[entry.kind], entry.mode.toString(8), entry.sizeBytes, entry.hash || '-'];
}

function whereOf(entry: ManifestEntry): readonly string[] {
  return entry.target === undefined ? [entry.path] : [entry.path, entry.target];
}

function parseLine(line: string, number: number): CachedEntry {
  const [letter = '', mode = '', size = '', hash = '', time = '', path = '', target, ...more] =
    line.split('\t');
  const kind = letter === 'f' || letter === 'd' || letter === 'l' ? KINDS[letter] : null;
  if (kind === null || more.length > 0) throw damaged(number, 'it is no entry');
  if (!(MODES[kind] as readonly string[]).includes(mode)) throw damaged(number, 'its mode is odd');
  const hashed = kind === 'directory' ? hash === '-' : /^[0-9a-f]{64}$/.test(hash);
  if (!hashed) throw damaged(number, 'its hash is odd');
  const problem = pathProblem(path) ?? targetProblem(kind, path, target);
  if (problem !== null) throw damaged(number, `${printable(path)} ${problem}`);
  const sizeBytes = wholeNumber(size, number);
  if (kind === 'directory' && sizeBytes !== 0) throw damaged(number, 'its size is odd');
  return {
    path,
    kind,
    mode: Number.parseInt(mode, 8),
    sizeBytes,
    hash: kind === 'directory' ? '' : hash,
    modifiedAtSec: wholeNumber(time, number),
    ...(target === undefined ? {} : { target }),
  };
}

function targetProblem(kind: ManifestEntry['kind'], path: string, target: string | undefined): string | null {
  if (kind === 'link') return linkProblem(path, target ?? '');
  return target === undefined ? null : 'has a target but is no link';
}

function wholeNumber(text: string, number: number): number {
  const value = Number(text);
  if (!/^(0|[1-9][0-9]*)$/.test(text) || !Number.isSafeInteger(value))
    throw damaged(number, 'a number is odd');
  return value;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function damaged(line: number, why: string): CutoverError {
  return new CutoverError('E_REMOTE', `The server's manifest is damaged, line ${line}: ${why}.`, {
    hint: 'Deploy with --full to send everything again.',
  });
}
