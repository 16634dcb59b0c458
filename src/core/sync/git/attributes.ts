import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bytesOf, type RawPath, rawPath } from '../exclusion.ts';
import { readBlobs } from './blobs.ts';
import { whole } from './byteReader.ts';
import { git, type Repository, textOf } from './command.ts';
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

/**
 * Asks git for the attributes of `candidates`, as the commit's own .gitattributes and the repository's info/attributes
 * define them. They are read from a temporary index, so neither the work tree nor the repository's index matters.
 */
export async function exportRules(
  repository: Repository,
  tree: readonly TreeItem[],
  candidates: readonly TreeItem[],
  signal: AbortSignal,
): Promise<ExportRules> {
  const files = tree.filter((item) => item.kind === 'file' && /(^|\/)\.gitattributes$/.test(item.path));
  if (!(await mentionExport(repository, files, signal))) return NO_RULES;
  const scratch = await mkdtemp(join(tmpdir(), 'cutover-index-'));
  try {
    const indexFile = join(scratch, 'index');
    const input = joined(files.map((item) => `100644 ${item.object} 0\t${item.path}`));
    await git(repository, ['update-index', '-z', '--index-info'], { signal, input, indexFile });
    return await askFor(repository, candidates, indexFile, signal);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const NO_RULES: ExportRules = { ignored: new Set(), converted: new Set(), stored: new Set() };

/** The value is known only after asking for all of them: `text` can be switched off after `eol` was given. */
const ATTRIBUTES = [
  'export-ignore',
  'export-subst',
  'eol',
  'ident',
  'working-tree-encoding',
  'filter',
] as const;

const MENTION = /export-|eol|ident|working-tree-encoding|filter/;

async function mentionExport(
  repository: Repository,
  files: readonly TreeItem[],
  signal: AbortSignal,
): Promise<boolean> {
  const where = textOf(await git(repository, ['rev-parse', '--git-path', 'info/attributes'], { signal }));
  const local = resolve(repository.gitDirectory, where.replace(/\n$/, ''));
  if (MENTION.test(await readFile(local, 'latin1').catch(() => ''))) return true;
  const objects = [...new Set(files.map((item) => item.object))];
  for await (const blob of readBlobs(repository, objects, signal)) {
    if (MENTION.test(rawPath(await whole(blob.chunks)))) return true;
  }
  return false;
}

/**
 * Directories and submodules are asked for with a slash at their end, as git-archive does: `docs/` then means them and
 * not a file.
 */
async function askFor(
  repository: Repository,
  candidates: readonly TreeItem[],
  indexFile: string,
  signal: AbortSignal,
): Promise<ExportRules> {
  const args = ['check-attr', '--cached', '--stdin', '-z', ...ATTRIBUTES];
  const input = joined(
    candidates.map(({ kind, path }) => (kind === 'directory' || kind === 'submodule' ? `${path}/` : path)),
  );
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

function joined(lines: readonly RawPath[]): Uint8Array {
  return bytesOf(lines.map((line) => `${line}\0`).join(''));
}
