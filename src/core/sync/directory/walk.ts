import { type Dirent, readdirSync, readlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { bytesOf, type Exclusion, IGNORE_FILE, type RawPath, rawPath } from '../exclusion.ts';
import { nameProblem, targetProblem } from '../names.ts';
import { ODD_IGNORE_FILE, type Refusal } from '../refusal.ts';
import { attempt, openFile } from './openFile.ts';

/** One thing in a directory: only looked at, not opened. */
export type Found =
  | { readonly kind: 'file' | 'directory'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

export interface Walk {
  readonly found: readonly Found[];
  readonly refusals: readonly Refusal[];
}

/**
 * Lists a tree without following links. What is excluded is not looked at, and git's own `.git` never is. Rejects
 * with `E_SOURCE` where a directory cannot be read.
 */
export async function walk(root: RawPath, exclusion: Exclusion, signal: AbortSignal): Promise<Walk> {
  const found: Found[] = [];
  const refusals: Refusal[] = [];
  const waiting: Level[] = [{ directory: '', exclusion }];
  for (let level = waiting.pop(); level !== undefined; level = waiting.pop()) {
    signal.throwIfAborted();
    const { directory } = level;
    const children = list(root, directory);
    const rules = await withIgnoreFile(root, level, children, refusals);
    for (const child of children) {
      const path = below(directory, child.name);
      if (child.name === '.git' || isIgnoreFile(child)) continue;
      if (rules.excludes(path, child.kind === 'directory' ? 'directory' : 'other')) continue;
      const result = inspect(root, path, child);
      if ('reason' in result) refusals.push(result);
      else found.push(result);
      if (child.kind === 'directory' && !('reason' in result))
        waiting.push({ directory: path, exclusion: rules });
    }
    await setImmediate();
  }
  return { found, refusals };
}

interface Level {
  readonly directory: RawPath;
  readonly exclusion: Exclusion;
}

interface Child {
  readonly name: RawPath;
  readonly kind: Found['kind'] | 'special';
  readonly special: string;
}

function list(root: RawPath, directory: RawPath): readonly Child[] {
  const shown = bytesOf(directory === '' ? root : directory);
  const children = attempt(shown, () =>
    readdirSync(join(root, directory), { withFileTypes: true, encoding: 'buffer' }),
  );
  return children.map((child) => ({
    name: rawPath(child.name),
    kind: kindOf(child),
    special: specialOf(child),
  }));
}

function kindOf(child: Dirent<Buffer>): Child['kind'] {
  if (child.isFile()) return 'file';
  if (child.isDirectory()) return 'directory';
  return child.isSymbolicLink() ? 'link' : 'special';
}

function specialOf(child: Dirent<Buffer>): string {
  if (child.isFIFO()) return 'is a FIFO';
  return child.isSocket() ? 'is a socket' : 'is a device';
}

function isIgnoreFile(child: Child): boolean {
  return child.name === IGNORE_FILE && child.kind !== 'directory';
}

async function withIgnoreFile(
  root: RawPath,
  level: Level,
  children: readonly Child[],
  refusals: Refusal[],
): Promise<Exclusion> {
  const { directory, exclusion } = level;
  const ignoreFile = children.find(isIgnoreFile);
  if (ignoreFile === undefined) return exclusion;
  const path = below(directory, IGNORE_FILE);
  if (ignoreFile.kind !== 'file') {
    if (!exclusion.excludes(path, 'other')) refusals.push({ path: bytesOf(path), reason: ODD_IGNORE_FILE });
    return exclusion;
  }
  const content: Uint8Array[] = [];
  for await (const chunk of openFile(join(root, path), bytesOf(path)).chunks()) content.push(chunk);
  return exclusion.withIgnoreFile(directory, Buffer.concat(content));
}

function inspect(root: RawPath, path: RawPath, child: Child): Found | Refusal {
  const shown = bytesOf(path);
  const problem = nameProblem(bytesOf(child.name)) ?? (child.kind === 'special' ? child.special : null);
  if (problem !== null) return { path: shown, reason: problem };
  const text = shown.toString();
  if (child.kind !== 'link') return { kind: child.kind === 'directory' ? 'directory' : 'file', path: text };
  const target = attempt(shown, () => readlinkSync(join(root, path), 'buffer'));
  const reason = targetProblem(text, target);
  return reason === null ? { kind: 'link', path: text, target: target.toString() } : { path: shown, reason };
}

function below(directory: RawPath, name: RawPath): RawPath {
  return directory === '' ? name : `${directory}/${name}`;
}

function join(root: RawPath, path: RawPath): Buffer {
  return bytesOf(path === '' ? root : `${root}/${path}`);
}
