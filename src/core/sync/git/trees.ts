import type { Objects } from './objects.ts';
import { parseTree, type TreeEntry } from './treeObject.ts';

export type Tree = readonly TreeEntry[];

/** Tree objects by name, null where there is none; each is read once, as long as there is room. */
export interface Trees {
  load(objects: readonly string[], signal: AbortSignal): Promise<readonly (Tree | null)[]>;
}

export function treesOf(objects: Objects): Trees {
  const known = new Map<string, Tree>();
  let entries = 0;

  async function fetch(names: readonly string[], signal: AbortSignal): Promise<Map<string, Tree>> {
    const found = new Map<string, Tree>();
    const answers = await objects.contents(names, signal);
    for (const [index, answer] of answers.entries()) {
      const object = names[index] as string;
      const tree = answer?.type === 'tree' ? parseTree(answer.content, object.length / 2) : null;
      if (tree !== null) found.set(object, tree);
    }
    return found;
  }

  function keep(found: ReadonlyMap<string, Tree>): void {
    for (const [object, tree] of found) {
      entries += tree.length;
      known.set(object, tree);
    }
    if (entries <= MOST_ENTRIES) return;
    known.clear();
    entries = 0;
  }

  return {
    load: async (names, signal) => {
      const wanted = [...new Set(names)].filter((name) => !known.has(name));
      const found = await fetch(wanted, signal);
      const trees = names.map((name) => known.get(name) ?? found.get(name) ?? null);
      keep(found);
      return trees;
    },
  };
}

const MOST_ENTRIES = 500_000;
