import type { Document, ErrorCode, LineCounter, Node, Pair, YAMLError } from 'yaml';
import type { ConfigDocument, Path, Position } from './document.ts';
import { plainData } from './plainData.ts';
import type { ConfigIssue } from './types.ts';

type Yaml = typeof import('yaml');

/** Reads YAML 1.2 (and so JSON): unique keys, anchors and merge keys, one document. */
export async function yamlDocument(text: string): Promise<ConfigDocument> {
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  // Pretty errors would print lines of the file, and a line may hold a secret.
  const options = { lineCounter: lines, prettyErrors: false, stringKeys: true, merge: true } as const;
  const document = yaml.parseDocument(text, { ...options, version: '1.2', resolveKnownTags: false });
  const locate = (path: Path, part: 'key' | 'value') => locateNode(yaml, document, lines, path, part);
  const issues = syntaxIssues(yaml, document, lines);
  if (issues.length > 0) return { raw: null, locate, issues };
  try {
    return { ...plainData(document.toJS()), locate };
  } catch {
    return { raw: null, locate, issues: [issueAt({ line: 1, column: 1 }, 'too many aliases of aliases')] };
  }
}

/** One issue for each line: what follows the first error of a line mostly follows from it. */
function syntaxIssues(yaml: Yaml, document: Document.Parsed, lines: LineCounter): readonly ConfigIssue[] {
  const issues = [...document.errors, ...document.warnings].map((error) => syntaxIssue(error, lines));
  const all = issues.length > 0 ? issues : unresolvedAliases(yaml, document, lines);
  return all.filter((issue, index) => all.findIndex(({ line }) => line === issue.line) === index);
}

function syntaxIssue(error: YAMLError, lines: LineCounter): ConfigIssue {
  return issueAt(positionAt(lines, error.pos[0]), MESSAGES[error.code] ?? MESSAGES.IMPOSSIBLE);
}

/** Our own words, because the parser's quote the text of the file. */
const MESSAGES: Readonly<Partial<Record<ErrorCode, string>> & { readonly IMPOSSIBLE: string }> = {
  TAB_AS_INDENT: 'a tab indents this line; YAML takes spaces only',
  DUPLICATE_KEY: 'this key stands twice in the same object',
  BAD_INDENT: 'the indentation fits nothing above, or a bracket is not closed',
  MISSING_CHAR: 'a closing quote or bracket, or a comma, is missing before this place',
  BAD_SCALAR_START: 'a text that starts with this character needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a text with ": " inside needs quotes, or a line break is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must stand in one line and end with a colon',
  BAD_DQ_ESCAPE: 'this backslash sequence does not exist in double quotes; single quotes take it as it is',
  MULTIPLE_DOCS: 'a second document starts here; a configuration is one',
  NON_STRING_KEY: 'a key must be a text',
  TAG_RESOLVE_FAILED: 'a text that starts with ! needs quotes (here it is an unknown tag)',
  BAD_ALIAS: 'a text that starts with * needs quotes (here it names an anchor that does not stand above)',
  UNEXPECTED_TOKEN: 'this does not fit here: check the indentation, the quotes and the colons above',
  IMPOSSIBLE: 'this is not valid YAML',
};

function unresolvedAliases(
  yaml: Yaml,
  document: Document.Parsed,
  lines: LineCounter,
): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  yaml.visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return;
      issues.push(issueAt(positionAt(lines, alias.range?.[0] ?? 0), MESSAGES.BAD_ALIAS ?? ''));
    },
  });
  return issues;
}

function issueAt({ line, column }: Position, message: string): ConfigIssue {
  return { path: '', line, column, message, expected: null, found: undefined, didYouMean: null };
}

function locateNode(
  yaml: Yaml,
  document: Document.Parsed,
  lines: LineCounter,
  path: Path,
  part: 'key' | 'value',
): Position | null {
  let node: Node | null = document.contents;
  let found: Node | null = node;
  for (const [depth, key] of path.entries()) {
    const pair = childOf(yaml, document, node, key);
    if (pair === null) break;
    node = pair.value;
    const last = depth === path.length - 1;
    found = last && part === 'value' ? (pair.value ?? pair.key) : pair.key;
  }
  return found?.range ? positionAt(lines, found.range[0]) : { line: 1, column: 1 };
}

interface Child {
  readonly key: Node | null;
  readonly value: Node | null;
}

/** The child of a mapping (also one that comes in by a merge key) or of a list, behind aliases. */
function childOf(
  yaml: Yaml,
  document: Document.Parsed,
  parent: Node | null,
  key: string | number,
): Child | null {
  const node = yaml.isAlias(parent) ? (parent.resolve(document) ?? null) : parent;
  if (yaml.isSeq(node)) {
    const item = node.items[Number(key)];
    return yaml.isNode(item) ? { key: item, value: item } : null;
  }
  if (!yaml.isMap(node)) return null;
  const named = (name: string) => node.items.find((pair) => keyOf(yaml, pair) === name);
  const own = named(String(key));
  if (own !== undefined) return { key: asNode(yaml, own.key), value: asNode(yaml, own.value) };
  const merged = asNode(yaml, named('<<')?.value);
  if (merged === null) return null;
  const sources = yaml.isSeq(merged) ? merged.items.map((item) => asNode(yaml, item)) : [merged];
  return (
    sources.map((source) => childOf(yaml, document, source, key)).find((child) => child !== null) ?? null
  );
}

function keyOf(yaml: Yaml, pair: Pair): unknown {
  return yaml.isScalar(pair.key) ? String(pair.key.value) : undefined;
}

function asNode(yaml: Yaml, value: unknown): Node | null {
  return yaml.isNode(value) ? value : null;
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line, column: Math.max(1, col) };
}
