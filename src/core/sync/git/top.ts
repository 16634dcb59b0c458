import { type AttributesFile, attributesIn } from './occupied.ts';
import { objectOf } from './treeObject.ts';
import type { Trees } from './trees.ts';

/** The directory of a commit that is deployed. */
export interface Top {
  /** Its tree object. */
  readonly object: string;
  /** Attribute files of the directories above it, with their paths from the top of the commit. */
  readonly attributes: readonly AttributesFile[];
}

/** `prefix`: empty or with a slash at its end. Null when there is no such directory, or an object is missing. */
export async function topOf(
  trees: Trees,
  root: string,
  prefix: string,
  signal: AbortSignal,
): Promise<Top | null> {
  const attributes: AttributesFile[] = [];
  let object = root;
  let path = '';
  for (const name of prefix.split('/').slice(0, -1)) {
    const [tree] = await trees.load([object], signal);
    const next = tree?.find((entry) => entry.name === name && entry.kind === 'directory');
    if (!tree || next === undefined) return null;
    attributes.push(...attributesIn(path, tree));
    object = objectOf(next);
    path = path === '' ? name : `${path}/${name}`;
  }
  const [tree] = await trees.load([object], signal);
  return tree ? { object, attributes } : null;
}
