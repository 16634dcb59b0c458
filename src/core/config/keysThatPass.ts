import type { Extension, Json } from '../contract/index.ts';
import { isObject, type Path } from './document.ts';
import type { DetailedIssue } from './issues.ts';

/**
 * Which words near an unknown key an extension would have known. Its keys are its own affair, so it is asked: `parse`
 * is pure, gets an object with every near word as a key, and says which of them it does not recognise.
 */
export function keysThatPass(
  extension: Extension<unknown>,
  raw: unknown,
  path: Path,
  unknownKey: string,
): readonly string[] {
  const words = [...new Set(wordsNear(unknownKey))].filter((word) => word !== unknownKey);
  const probe = replaceAt(raw, path, Object.fromEntries(words.map((word) => [word, null])));
  const refused = refusedKeys(() => extension.parse(probe as Json), path);
  return refused === null ? [] : words.filter((word) => !refused.has(word));
}

/** Null when the answer says nothing about unknown keys at this place. */
function refusedKeys(parse: () => unknown, path: Path): ReadonlySet<string> | null {
  try {
    parse();
  } catch (error) {
    const issues =
      isObject(error) && Array.isArray(error.issues) ? (error.issues as readonly DetailedIssue[]) : [];
    const issue = issues.find((candidate) => candidate.code === 'unrecognized_keys' && isAt(candidate, path));
    return issue?.keys === undefined ? null : new Set(issue.keys);
  }
  return null;
}

function isAt(issue: DetailedIssue, path: Path): boolean {
  return issue.path.length === path.length && issue.path.every((key, index) => key === path[index]);
}

function replaceAt(value: unknown, path: Path, replacement: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return replacement;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (index === key ? replaceAt(item, rest, replacement) : item));
  }
  return isObject(value) ? { ...value, [key]: replaceAt(value[key], rest, replacement) } : value;
}

const LETTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'];

/** Words one edit away, and the word in camelCase. */
function wordsNear(word: string): readonly string[] {
  const places = [...word, ''].map((_, index) => ({
    before: word.slice(0, index),
    after: word.slice(index),
  }));
  return [
    camelCase(word),
    ...places.flatMap(({ before, after }) => [
      before + after.slice(1),
      before + after.slice(1, 2) + after.slice(0, 1) + after.slice(2),
      ...LETTERS.flatMap((letter) => [before + letter + after, before + letter + after.slice(1)]),
    ]),
  ];
}

function camelCase(word: string): string {
  const joined = word.replaceAll(/[-_\s]+(.)/g, (_, letter: string) => letter.toUpperCase());
  return joined.slice(0, 1).toLowerCase() + joined.slice(1);
}
