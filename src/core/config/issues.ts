import type { OptionIssue } from '../contract/index.ts';
import { closest } from './closest.ts';
import { type ConfigDocument, type Path, pathText, valueAt } from './document.ts';
import { foundText, isSensitive, shownValue } from './found.ts';
import type { ConfigIssue } from './types.ts';

/** What zod adds to the issues of Standard Schema. */
export interface DetailedIssue extends OptionIssue {
  readonly code?: string;
  readonly expected?: string;
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly DetailedIssue[])[];
  readonly issues?: readonly DetailedIssue[];
}

const SECRET_EXPECTED = 'a secret by reference, { env: NAME }, { file: PATH } or { command: "…" }';

export interface IssueContext {
  readonly document: ConfigDocument;
  /** Where the checked part stands in the document. */
  readonly base: Path;
  /** What was expected, or null when the issue's message says all. */
  readonly expected: (issue: DetailedIssue) => string | null;
  /** The keys that an object at a path (below `base`) may have, as far as they are known. */
  readonly knownKeys: (path: Path, unknownKey: string) => readonly string[];
}

/** Turns what a schema found into issues that say where, what was expected and what was found. */
export function configIssues(
  issues: readonly DetailedIssue[],
  context: IssueContext,
): readonly ConfigIssue[] {
  return issues.flatMap(resolveUnion).flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [valueIssue(issue, context)];
    return (issue.keys ?? []).map((key) => unknownKeyIssue(pathOf(issue), key, context));
  });
}

/** An issue about a place, told in our own words. */
export function issueAt(
  document: ConfigDocument,
  path: Path,
  message: string,
  part: 'key' | 'value' = 'value',
): ConfigIssue {
  const written = document.origin?.(path) ?? path;
  const position = document.locate(written, part);
  return {
    path: pathText(written),
    line: position?.line ?? null,
    column: position?.column ?? null,
    message,
    expected: null,
    found: undefined,
    didYouMean: null,
  };
}

/**
 * Of an union the form that was meant: the one that was entered, with the fewest issues. When none was entered, or
 * two are as near, the union itself speaks.
 */
function resolveUnion(issue: DetailedIssue): readonly DetailedIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors === undefined) return [issue];
  const entered = issue.errors
    .filter((branch) => branch.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'))
    .map((branch) => ({ branch, weight: weightOf(branch) }))
    .sort((a, b) => a.weight - b.weight);
  const [first, second] = entered;
  if (first === undefined || first.weight === second?.weight) return [issue];
  const inside = first.branch.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
  return inside.flatMap(resolveUnion);
}

function weightOf(branch: readonly DetailedIssue[]): number {
  return branch.reduce((sum, { keys }) => sum + (keys?.length ?? 1), 0);
}

function unknownKeyIssue(path: Path, key: string, { document, base, knownKeys }: IssueContext): ConfigIssue {
  const known = knownKeys(path, key);
  // A key of another form of the same union.
  const misplaced = known.includes(key);
  const didYouMean = misplaced ? null : closest(key, known);
  // A key of one of the objects that may stand here.
  const owners = known.filter((owner) => knownKeys([...path, owner], key).includes(key));
  const owner = didYouMean === null && owners.length === 1 ? owners[0] : undefined;
  const advice =
    owner === undefined ? adviceOf(didYouMean, known) : `; did you mean "${owner}: { ${key}: … }"?`;
  const message = misplaced ? 'does not go with its neighbours' : `unknown key${advice}`;
  const issue = issueAt(document, [...base, ...path, key], message, 'key');
  return { ...issue, expected: known.length > 0 ? `one of ${known.join(', ')}` : null, didYouMean };
}

function adviceOf(didYouMean: string | null, known: readonly string[]): string {
  if (didYouMean !== null) return `; did you mean "${didYouMean}"?`;
  return known.length > 0 ? `; expected one of ${known.join(', ')}` : '';
}

function valueIssue(issue: DetailedIssue, context: IssueContext): ConfigIssue {
  const { document, base } = context;
  const path = [...base, ...pathOf(issue)];
  if (issue.code === 'invalid_key') return keyIssue(issue, path, document);
  const value = valueAt(document.raw, path);
  const expected = isSensitive(path) && takesReference(issue) ? SECRET_EXPECTED : context.expected(issue);
  const message = sentence(issue, expected, value, foundText(value, path));
  return { ...issueAt(document, path, message), expected, found: shownValue(value, path) };
}

function sentence(issue: DetailedIssue, expected: string | null, value: unknown, found: string): string {
  if (expected === null) return value === undefined ? issue.message : `${issue.message}; found ${found}`;
  if (value === undefined) return `missing; expected ${expected}`;
  const unquoted = issue.expected === 'string' && found === String(value);
  return `expected ${expected}; found ${unquoted ? `the ${typeof value} ` : ''}${found}`;
}

function keyIssue(issue: DetailedIssue, path: Path, document: ConfigDocument): ConfigIssue {
  const expected = issue.issues?.[0]?.message ?? issue.message;
  const message = `expected ${expected}; found ${foundText(path.at(-1), [])}`;
  return { ...issueAt(document, path, message, 'key'), expected };
}

/** A secret is one of several objects; what also takes a plain text is none. */
function takesReference(issue: DetailedIssue): boolean {
  if (issue.errors === undefined) return issue.code === 'invalid_type' && issue.expected === 'object';
  const outermost = issue.errors
    .flat()
    .filter(({ path, code }) => path.length === 0 && code !== 'unrecognized_keys');
  return outermost.every(takesReference);
}

function pathOf(issue: OptionIssue): Path {
  return issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
}
