import { type RawPath, rawPath } from '../exclusion.ts';
import { askForAttributes, type ExportRules, mentionExport, mentionMoving, NO_RULES } from './attributes.ts';
import type { Repository } from './command.ts';
import { type Level, type Reading, SIDES, type Side } from './levels.ts';
import { type AttributesFile, attributesIn, type Witnesses, witnessesOf } from './occupied.ts';
import type { TreeItem } from './tree.ts';
import { Unknown } from './unknown.ts';

/** What gitattributes(5) say of the levels between two trees. */
export interface Exported {
  /** With paths below the prefix. */
  readonly rules: Readonly<Record<Side, ExportRules>>;
  readonly witnesses: Witnesses;
}

export interface AttributesQuestion extends Reading {
  readonly repository: Repository;
  readonly prefix: RawPath;
  /** What the repository's info/attributes say. */
  readonly local: string;
  /** The attribute files above the prefix, with their paths from the top of the commit. */
  readonly above: readonly AttributesFile[];
}

/**
 * Git is asked only where an attribute file on the way says something of exports. What shows that a directory holds
 * something may turn out to be ignored: then something else is looked for.
 */
export async function exportedLevels(
  question: AttributesQuestion,
  levels: readonly Level[],
): Promise<Exported> {
  let rules: Exported['rules'] = { old: NO_RULES, new: NO_RULES };
  const asked = new Set<string>();
  for (;;) {
    const ignored = { old: rules.old.ignored, new: rules.new.ignored };
    const witnesses = await witnessesOf(question, levels, ignored);
    const files = filesOnTheWay(question, levels, witnesses);
    if (!(await anyMatters(question, files))) return { rules, witnesses };
    const wanted = candidates(levels, witnesses);
    const keys = SIDES.flatMap((side) => wanted[side].map(({ kind, path }) => `${kind} ${path}`));
    if (keys.every((key) => asked.has(key))) return { rules, witnesses };
    const further = await ask(question, files, wanted);
    rules = { old: merged(rules.old, further.old), new: merged(rules.new, further.new) };
    for (const key of keys) asked.add(key);
  }
}

/** Whether one of these files says something of exports. Throws `Unknown` when that depends on more than the tree. */
export async function anyMatters(
  { objects, local, signal }: Pick<AttributesQuestion, 'objects' | 'local' | 'signal'>,
  files: readonly AttributesFile[],
): Promise<boolean> {
  const contents = await objects.contents([...new Set(files.map(({ object }) => object))], signal);
  const texts = contents.map((each) => {
    if (each === null) throw new Unknown();
    return rawPath(each.content);
  });
  if (texts.some(mentionMoving)) throw new Unknown();
  return [local, ...texts].some(mentionExport);
}

/** The rules with paths below the prefix; `files` are given so too. */
export async function askBelow(
  {
    repository,
    prefix,
    above,
    signal,
  }: Pick<AttributesQuestion, 'repository' | 'prefix' | 'above' | 'signal'>,
  files: readonly AttributesFile[],
  wanted: readonly Pick<TreeItem, 'kind' | 'path'>[],
): Promise<ExportRules> {
  const inside = <Item extends { readonly path: RawPath }>(item: Item) => ({
    ...item,
    path: prefix + item.path,
  });
  const all = [...above, ...files.map(inside)];
  const found = await askForAttributes(repository, all, wanted.map(inside), signal);
  const outside = (paths: ReadonlySet<RawPath>) =>
    new Set([...paths].map((path) => path.slice(prefix.length)));
  return {
    ignored: outside(found.ignored),
    converted: outside(found.converted),
    stored: outside(found.stored),
  };
}

/** What was asked for before stays known, also where it is not asked for again. */
function merged(before: ExportRules, further: ExportRules): ExportRules {
  return {
    ignored: new Set([...before.ignored, ...further.ignored]),
    converted: new Set([...before.converted, ...further.converted]),
    stored: new Set([...before.stored, ...further.stored]),
  };
}

type Candidate = Pick<TreeItem, 'kind' | 'path'>;
type Candidates = Readonly<Record<Side, readonly Candidate[]>>;

function filesOnTheWay(
  { above }: AttributesQuestion,
  levels: readonly Level[],
  witnesses: Witnesses,
): readonly AttributesFile[] {
  const own = levels.flatMap((level) => attributesIn(level.path, (level.trees.new ?? level.trees.old)!));
  const further = SIDES.flatMap((side) => [...witnesses[side].values()].flatMap((each) => each.attributes));
  return [...above, ...own, ...further];
}

function candidates(levels: readonly Level[], witnesses: Witnesses): Candidates {
  const directory = (path: RawPath): Candidate => ({ kind: 'directory', path });
  const of = (side: Side): readonly Candidate[] => [
    ...levels
      .filter((level) => level.path !== '' && level.trees[side] !== null)
      .map((level) => directory(level.path)),
    ...levels.flatMap((level) => level.items[side]),
    ...[...witnesses[side].values()].flatMap((each) => each.directories.map(directory)),
  ];
  return { old: of('old'), new: of('new') };
}

/** Together, but where a path is a directory on one side only: the answer does not say which of them it means. */
async function ask(
  question: AttributesQuestion,
  files: readonly AttributesFile[],
  wanted: Candidates,
): Promise<Exported['rules']> {
  const isDirectory = new Map(wanted.old.map(({ kind, path }) => [path, kind === 'directory']));
  const differs = ({ kind, path }: Candidate) =>
    isDirectory.has(path) && isDirectory.get(path) !== (kind === 'directory');
  const own = files.slice(question.above.length);
  if (wanted.new.some(differs)) {
    const [old, now] = [await askBelow(question, own, wanted.old), await askBelow(question, own, wanted.new)];
    return { old, new: now };
  }
  const key = ({ kind, path }: Candidate) => [`${kind === 'directory'} ${path}`, { kind, path }] as const;
  const both = new Map([...wanted.old, ...wanted.new].map(key));
  const rules = await askBelow(question, own, [...both.values()]);
  return { old: rules, new: rules };
}
