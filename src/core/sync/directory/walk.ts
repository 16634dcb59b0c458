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
  /** In the order of a manifest. */
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
  const waiting: (Found | Level)[] = [{ directory: '', exclusion }];
  let listed = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if ('kind' in next) {
      found.push(next);
      continue;
    }
    if (listed % DIRECTORIES_AT_A_TIME === 0) await setImmediate();
    signal.throwIfAborted();
    listed += 1;
    const steps = await stepsIn(root, next, refusals);
    for (const { step } of steps.toReversed()) waiting.push(step);
  }
  return { found, refusals };
}

/** After so many directories the event loop gets its turn. */
const DIRECTORIES_AT_A_TIME = 32;

interface Level {
  readonly directory: RawPath;
  readonly exclusion: Exclusion;
}

/**
 * What a directory holds, and what is below that. In a manifest `a-b` stands between `a` and `a/c`: so a directory takes
 * two places, and a slash follows its name in the second.
 */
interface Step {
  readonly place: RawPath;
  readonly step: Found | Level;
}

interface Child {
  readonly name: RawPath;
  readonly kind: Found['kind'] | 'special';
  readonly special: string;
}

async function stepsIn(root: RawPath, level: Level, refusals: Refusal[]): Promise<readonly Step[]> {
  const { directory } = level;
  const children = list(root, directory);
  const rules = await withIgnoreFile(root, level, children, refusals);
  const steps: Step[] = [];
  for (const child of children) {
    const path = below(directory, child.name);
    if (child.name === '.git' || isIgnoreFile(child)) continue;
    if (rules.excludes(path, child.kind === 'directory' ? 'directory' : 'other')) continue;
    const result = inspect(root, path, child);
    if ('reason' in result) {
      refusals.push(result);
      continue;
    }
    steps.push({ place: child.name, step: result });
    if (child.kind === 'directory')
      steps.push({ place: `${child.name}/`, step: { directory: path, exclusion: rules } });
  }
  return steps.sort((a, b) => (a.place < b.place ? -1 : 1));
}

function list(root: RawPath, directory: RawPath): readonly Child[] {
  return attempt(bytesOf(directory === '' ? root : directory), () => childrenOf(join(root, directory)));
}

/**
 * Names one character a byte, which costs half of names as Buffers. Where the file system does not tell kinds with the
 * names, Node asks for each, and cannot put a path together from a Buffer and a text.
 */
function childrenOf(directory: Buffer): readonly Child[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true, encoding: 'latin1' });
    return entries.map((entry) => childOf(entry.name, entry));
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_INVALID_ARG_TYPE') throw error;
    const entries = readdirSync(directory, { withFileTypes: true, encoding: 'buffer' });
    return entries.map((entry) => childOf(rawPath(entry.name), entry));
  }
}

type Kinds = Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isFIFO' | 'isSocket'>;

function childOf(name: RawPath, kinds: Kinds): Child {
  if (kinds.isFile()) return { name, kind: 'file', special: '' };
  if (kinds.isDirectory()) return { name, kind: 'directory', special: '' };
  if (kinds.isSymbolicLink()) return { name, kind: 'link', special: '' };
  if (kinds.isFIFO()) return { name, kind: 'special', special: 'is a FIFO' };
  return { name, kind: 'special', special: kinds.isSocket() ? 'is a socket' : 'is a device' };
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
  const problem = nameProblemOf(child.name) ?? (child.kind === 'special' ? child.special : null);
  if (problem !== null) return { path: bytesOf(path), reason: problem };
  const text = textOf(path);
  if (child.kind !== 'link') return { kind: child.kind === 'directory' ? 'directory' : 'file', path: text };
  const shown = bytesOf(path);
  const target = attempt(shown, () => readlinkSync(join(root, path), 'buffer'));
  const reason = targetProblem(text, target);
  return reason === null ? { kind: 'link', path: text, target: target.toString() } : { path: shown, reason };
}

/** Most names are plain, and a hundred thousand conversions take a while. */
const PLAIN = /^[ -~]*$/;

function nameProblemOf(name: RawPath): string | null {
  return name !== '' && PLAIN.test(name) ? null : nameProblem(bytesOf(name));
}

function textOf(path: RawPath): string {
  return PLAIN.test(path) ? path : bytesOf(path).toString();
}

function below(directory: RawPath, name: RawPath): RawPath {
  return directory === '' ? name : `${directory}/${name}`;
}

function join(root: RawPath, path: RawPath): Buffer {
  return bytesOf(path === '' ? root : `${root}/${path}`);
}
