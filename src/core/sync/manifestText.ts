import { createHash } from 'node:crypto';
import { CutoverError } from '../contract/index.ts';
import { linkProblem, pathProblem, printable } from './names.ts';
import { comparePaths } from './order.ts';
import type { CachedEntry, CachedManifest, Manifest, ManifestEntry } from './types.ts';

/** sha256, hex, of what a tree is: kinds, modes, sizes, hashes, paths and targets, but no times. */
export function manifestHash(manifest: Manifest): string {
  const hash = createHash('sha256');
  for (const entry of manifest) hash.update(`${[...stateOf(entry), ...whereOf(entry)].join('\t')}\n`);
  return hash.digest('hex');
}

/**
 * The server's manifest as text: a header, then for each entry `kind mode size hash time path [target]`, separated
 * by tabs. No path or target holds a tab or a line end, because names with control characters are refused.
 */
export function formatManifest(entries: CachedManifest): string {
  const lines = entries.map((entry) =>
    [...stateOf(entry), entry.modifiedAtSec, ...whereOf(entry)].join('\t'),
  );
  return [HEADER, ...lines, ''].join('\n');
}

/** The opposite of `formatManifest`. Throws `E_REMOTE` on everything that it could not have written. */
export function parseManifest(text: string): CachedManifest {
  const lines = text.split('\n');
  if (lines[0] !== HEADER) throw damaged(1, `it does not begin with "${HEADER}"`);
  if (lines.at(-1) !== '') throw damaged(lines.length, 'it ends in the middle of a line');
  const directories = new Set(['']);
  let before: string | null = null;
  return lines.slice(1, -1).map((line, index) => {
    const entry = parseLine(line, index + 2);
    if (before !== null && comparePaths(before, entry.path) >= 0)
      throw damaged(index + 2, 'it is not in order');
    if (!directories.has(parentOf(entry.path))) throw damaged(index + 2, 'its directory is missing');
    if (entry.kind === 'directory') directories.add(entry.path);
    before = entry.path;
    return entry;
  });
}

const HEADER = 'cutover-manifest 1';
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
