import { rawPath } from '../exclusion.ts';
import { mentionMoving } from './attributes.ts';
import type { Objects } from './objects.ts';
import { attributesIn } from './occupied.ts';
import type { Provenance } from './provenTrees.ts';
import type { Top } from './top.ts';
import { objectOf } from './treeObject.ts';
import type { Tree, Trees } from './trees.ts';

export interface SteadyQuestion {
  readonly objects: Objects;
  readonly trees: Trees;
  readonly top: Top;
  /** What the repository's info/attributes say. */
  readonly local: string;
  /** Trees of which it is known. */
  readonly proven: Provenance;
  readonly signal: AbortSignal;
}

/**
 * Whether what is exported depends on the commit's tree alone: nothing is substituted by the name or the tags of the
 * commit, or filtered by programs of this machine, and there are no submodules. Everything is looked at but what is
 * the same as in a tree of which that is known.
 */
export async function isSteady(question: SteadyQuestion): Promise<boolean> {
  const { objects, top, local, proven, signal } = question;
  if (mentionMoving(local)) return false;
  const around = top.attributes.map(({ object }) => object);
  if (!(await noneMoves(objects, around, signal))) return false;
  if (await proven.has(top.object)) return true;
  const base = await newestThere(objects, await proven.newest(), signal);
  if (!(await isSteadyBelow(question, base))) return false;
  await proven.add(top.object);
  return true;
}

interface Pair {
  readonly object: string;
  readonly base: string | null;
}

async function isSteadyBelow(
  { objects, trees, top, signal }: SteadyQuestion,
  base: string | null,
): Promise<boolean> {
  const attributes = new Set<string>();
  const seen = new Set<string>();
  const waiting: Pair[] = [{ object: top.object, base }];
  while (waiting.length > 0) {
    const some = waiting.splice(0, TREES_AT_A_TIME);
    const loaded = await trees.load(
      some.map(({ object }) => object),
      signal,
    );
    const bases = some.map((pair) => pair.base).filter((object) => object !== null);
    const loadedBases = await trees.load(bases, signal);
    const baseOf = new Map(bases.map((object, index) => [object, loadedBases[index] ?? null]));
    for (const [index, pair] of some.entries()) {
      const tree = loaded[index];
      if (!tree || tree.some(({ kind }) => kind === 'submodule')) return false;
      const known = pair.base === null ? null : (baseOf.get(pair.base) ?? null);
      for (const { object } of attributesIn('', tree)) attributes.add(object);
      for (const next of directoriesToSee(tree, known)) {
        const key = `${next.object} ${next.base}`;
        if (!seen.has(key)) waiting.push(next);
        seen.add(key);
      }
    }
  }
  return noneMoves(objects, [...attributes], signal);
}

const TREES_AT_A_TIME = 512;

function directoriesToSee(tree: Tree, base: Tree | null): readonly Pair[] {
  const directories = (base ?? []).filter(({ kind }) => kind === 'directory');
  const known = new Map(directories.map((entry) => [entry.name, entry]));
  const all = tree.filter(({ kind }) => kind === 'directory');
  return all.flatMap((entry): readonly Pair[] => {
    const before = known.get(entry.name);
    if (before === undefined) return [{ object: objectOf(entry), base: null }];
    return before.id === entry.id ? [] : [{ object: objectOf(entry), base: objectOf(before) }];
  });
}

async function noneMoves(objects: Objects, files: readonly string[], signal: AbortSignal): Promise<boolean> {
  const contents = await objects.contents(files, signal);
  return contents.every((each) => each !== null && !mentionMoving(rawPath(each.content)));
}

async function newestThere(
  objects: Objects,
  known: readonly string[],
  signal: AbortSignal,
): Promise<string | null> {
  const found = await objects.info(known, signal);
  return found.find((each) => each?.type === 'tree')?.object ?? null;
}
