import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesOf, type RawPath, rawPath } from '../exclusion.ts';
import { readBlobs } from './blobs.ts';
import { whole } from './byteReader.ts';
import { git, type Repository } from './command.ts';
import { indexOf } from './indexFile.ts';
import { commonDirectoryOf } from './places.ts';
import type { TreeItem } from './tree.ts';

/** What gitattributes(5) make of a tree when git-archive(1) exports it. */
export interface ExportRules {
  /** `export-ignore`: with everything below. */
  readonly ignored: ReadonlySet<RawPath>;
  /** Files whose exported content is not that of their blob: `export-subst`, `eol=crlf`, `ident`, filters. */
  readonly converted: ReadonlySet<RawPath>;
  /** `filter=lfs`: files that may be pointers of Git LFS. */
  readonly stored: ReadonlySet<RawPath>;
}

export const ATTRIBUTES_FILE = '.gitattributes';

/** The rules for `candidates`, as the attribute files of the whole tree and the repository's info/attributes define them. */
export async function exportRules(
  repository: Repository,
  tree: readonly TreeItem[],
  candidates: readonly TreeItem[],
  signal: AbortSignal,
): Promise<ExportRules> {
  const files = tree.filter((item) => item.kind === 'file' && isAttributesFile(item.path));
  const local = await localAttributes(repository);
  const matters = mentionExport(local) || (await anyMentions(repository, files, signal));
  return matters ? await askForAttributes(repository, files, candidates, signal) : NO_RULES;
}

/** What the repository's info/attributes say; empty without that file. */
export async function localAttributes(repository: Repository): Promise<string> {
  const file = join(await commonDirectoryOf(repository), 'info/attributes');
  return readFile(file, 'latin1').catch(() => '');
}

/** Whether a text with attributes can have anything to do with what is exported. */
export function mentionExport(text: string): boolean {
  return /export-|eol|ident|working-tree-encoding|filter/.test(text);
}

/**
 * Whether what is exported may depend on more than the blob: on the commit and its tags (`export-subst`), or on programs
 * of this machine. What Git LFS makes of a pointer depends on the pointer only.
 */
export function mentionMoving(text: string): boolean {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  const given = lines.flatMap((line) => line.replace(PATTERN, '').split(/\s+/));
  return given.some((word) => word.startsWith('export-subst') || /^filter=(?!lfs$)/.test(word));
}

/** What comes first in a line: in quotes where it holds spaces. */
const PATTERN = /^\s*(?:"(?:[^"\\]|\\.)*"|\S+)/;

/**
 * Asks git for the attributes of `candidates`, as these attribute files and the repository's info/attributes define
 * them. They are read from a temporary index, so neither the work tree nor the repository's index matters.
 */
export async function askForAttributes(
  repository: Repository,
  files: readonly Pick<TreeItem, 'path' | 'object'>[],
  candidates: readonly Pick<TreeItem, 'path' | 'kind'>[],
  signal: AbortSignal,
): Promise<ExportRules> {
  const scratch = await mkdtemp(join(tmpdir(), 'cutover-index-'));
  try {
    const indexFile = join(scratch, 'index');
    await writeFile(indexFile, indexOf(files));
    return await ask(repository, candidates, indexFile, signal);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

export const NO_RULES: ExportRules = { ignored: new Set(), converted: new Set(), stored: new Set() };

/** The value is known only after asking for all of them: `text` can be switched off after `eol` was given. */
const ATTRIBUTES = [
  'export-ignore',
  'export-subst',
  'eol',
  'ident',
  'working-tree-encoding',
  'filter',
] as const;

function isAttributesFile(path: RawPath): boolean {
  return path === ATTRIBUTES_FILE || path.endsWith(`/${ATTRIBUTES_FILE}`);
}

async function anyMentions(
  repository: Repository,
  files: readonly TreeItem[],
  signal: AbortSignal,
): Promise<boolean> {
  const objects = [...new Set(files.map((item) => item.object))];
  for await (const blob of readBlobs(repository, objects, signal)) {
    if (mentionExport(rawPath(await whole(blob.chunks)))) return true;
  }
  return false;
}

/**
 * Directories and submodules are asked for with a slash at their end, as git-archive does: `docs/` then means them and
 * not a file.
 */
async function ask(
  repository: Repository,
  candidates: readonly Pick<TreeItem, 'path' | 'kind'>[],
  indexFile: string,
  signal: AbortSignal,
): Promise<ExportRules> {
  const args = ['check-attr', '--cached', '--stdin', '-z', ...ATTRIBUTES];
  const holdsOthers = ({ kind }: Pick<TreeItem, 'kind'>) => kind === 'directory' || kind === 'submodule';
  const lines = candidates.map((item) => (holdsOthers(item) ? `${item.path}/\0` : `${item.path}\0`));
  const input = bytesOf(lines.join(''));
  const answer = rawPath(await git(repository, args, { signal, input, indexFile })).split('\0');
  const ignored = new Set<RawPath>();
  const converted = new Set<RawPath>();
  const stored = new Set<RawPath>();
  for (let index = 0; index + 2 < answer.length; index += 3) {
    const [path = '', name = '', value = ''] = answer.slice(index, index + 3);
    if (name === 'export-ignore' && value === 'set') ignored.add(path.replace(/\/$/, ''));
    else if (name === 'filter' && value === 'lfs') stored.add(path);
    else if (name !== 'export-ignore' && converts(name, value)) converted.add(path);
  }
  return { ignored, converted, stored };
}

function converts(name: string, value: string): boolean {
  if (value === 'unspecified' || value === 'unset') return false;
  return name !== 'eol' || value === 'crlf';
}
