import { CutoverError, errorCode, type Json, messageOf, type SecretReference } from '../contract/index.ts';
import { misspeltIn, namesIn } from './besideKeys.ts';
import { closest } from './closest.ts';
import { type ConfigDocument, isObject, membersOf, type Path, pathText, valueAt } from './document.ts';
import type { ExtensionLookup, FoundExtension } from './extensions.ts';
import { configIssues, type DetailedIssue, issueAt } from './issues.ts';
import { keysThatPass } from './keysThatPass.ts';
import { secretReferencesIn } from './secretReferences.ts';
import { pluginSourceName } from './sourceSchema.ts';
import { thrownAt } from './thrownAt.ts';
import type { ConfigIssue } from './types.ts';

export interface CheckedExtensions {
  /** What the extension at a path made of its options. */
  readonly optionsAt: (path: Path) => unknown;
  /** The secrets that stand in them. */
  readonly secretsAt: (path: Path) => readonly SecretReference[];
  readonly issues: readonly ConfigIssue[];
  /** Extensions that could not be had, with the error that said so. */
  readonly missing: readonly { readonly issue: ConfigIssue; readonly error: unknown }[];
}

/**
 * Gives the source, every server, hook and notifier of a document to its extension's `parse`. Looks at what has the right shape
 * and passes over the rest, so that all issues come at once. What a template that no server extends may lack is not asked. Rejects with `E_PLUGIN` when an extension breaks.
 */
export async function checkExtensions(
  document: ConfigDocument,
  lookup: ExtensionLookup,
  unusedTemplates: readonly string[],
): Promise<CheckedExtensions> {
  const places = [...placesIn(document.raw), ...templatesIn(document.raw, unusedTemplates)];
  const find = cached(lookup);
  const results = await Promise.all(places.map((place) => check(place, document, find)));
  const byPath = new Map(results.map((result) => [JSON.stringify(result.place.path), result]));
  return {
    optionsAt: (path) => byPath.get(JSON.stringify(path))?.options,
    secretsAt: (path) => secretReferencesIn(byPath.get(JSON.stringify(path))?.place.raw),
    issues: results.flatMap(({ issues }) => issues),
    missing: results.flatMap(({ missing }) => missing),
  };
}

type Kind = keyof ExtensionLookup;

interface Place {
  readonly kind: Kind;
  readonly name: string;
  /** Where the options stand. */
  readonly path: Path;
  /** Where the name stands. */
  readonly nameAt: Path;
  readonly raw: unknown;
  /** It may lack anything: only what is there is judged. */
  readonly isPart?: boolean;
}

function placesIn(raw: unknown): readonly Place[] {
  if (!isObject(raw)) return [];
  const inEnvironments = membersOf(raw.environments).flatMap(([name, environment]) => {
    if (!isObject(environment)) return [];
    const base = ['environments', name];
    const hooks = membersOf(environment.hooks).flatMap(([point, list]) =>
      entriesOf('hook', list, [...base, 'hooks', point]),
    );
    return [
      ...serversOf(environment.servers, [...base, 'servers']),
      ...hooks,
      ...entriesOf('notifier', environment.notify, [...base, 'notify']),
    ];
  });
  return [...sourceIn(raw.source), ...inEnvironments];
}

function sourceIn(source: unknown): readonly Place[] {
  const name = pluginSourceName(source);
  if (name === null || !isObject(source)) return [];
  const path = ['source', name];
  return [{ kind: 'source', name, path, nameAt: path, raw: source[name] ?? {} }];
}

function serversOf(servers: unknown, base: Path): readonly Place[] {
  return membersOf(servers).flatMap(([name, server]) => {
    if (!isObject(server) || typeof server.transport !== 'string') return [];
    const { transport, path: _, roles: __, extends: ___, ...raw } = server;
    const path = [...base, name];
    return [{ kind: 'transport', name: transport, path, nameAt: [...path, 'transport'], raw }];
  });
}

function templatesIn(raw: unknown, names: readonly string[]): readonly Place[] {
  const templates = isObject(raw) && isObject(raw.templates) ? raw.templates : {};
  const unused = names.map((name) => [name, templates[name]] as const);
  return serversOf(Object.fromEntries(unused), ['templates']).map((place) => ({ ...place, isPart: true }));
}

function entriesOf(kind: Kind, list: unknown, base: Path): readonly Place[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown, index) => {
    if (!isObject(entry)) return [];
    const misspelt = new Set(misspeltIn(kind, entry));
    const names = namesIn(kind, entry).filter((name) => !misspelt.has(name));
    return names.map((name) => {
      const path = [...base, index, name];
      // `- webhook:` without options is an empty value in YAML.
      return { kind, name, path, nameAt: path, raw: valueAt(entry, [name]) ?? {} };
    });
  });
}

type Find = (kind: Kind, name: string) => Promise<FoundExtension<unknown>>;

function cached(lookup: ExtensionLookup): Find {
  const found = new Map<string, Promise<FoundExtension<unknown>>>();
  return (kind, name) => {
    const id = `${kind} ${name}`;
    const extension = found.get(id) ?? lookup[kind](name);
    found.set(id, extension);
    return extension;
  };
}

interface Result extends Pick<CheckedExtensions, 'issues' | 'missing'> {
  readonly place: Place;
  readonly options: unknown;
}

async function check(place: Place, document: ConfigDocument, find: Find): Promise<Result> {
  const nothing = { place, options: undefined, issues: [], missing: [] };
  const extension = await find(place.kind, place.name).catch((error: unknown) => ({ error }));
  if ('error' in extension) {
    const part = place.kind === 'transport' ? 'value' : 'key';
    const issue = issueAt(document, place.nameAt, messageOf(extension.error), part);
    return { ...nothing, missing: [{ issue, error: extension.error }] };
  }
  try {
    return { ...nothing, options: extension.parse(place.raw as Json) };
  } catch (error) {
    return { ...nothing, issues: issuesOf(error, place, document, extension) };
  }
}

function issuesOf(
  error: unknown,
  place: Place,
  document: ConfigDocument,
  extension: FoundExtension<unknown>,
): readonly ConfigIssue[] {
  if (errorCode(error) !== null) throw error;
  if (!hasIssues(error)) throw broken(error, place, extension.from ?? null);
  const issues = place.isPart ? error.issues.filter((issue) => isThere(issue, place.raw)) : error.issues;
  return configIssues(issues, {
    document,
    base: place.path,
    expected: expectedOf,
    knownKeys: (path, key) => keysThatPass(extension, place.raw, path, key),
  }).map(withGuess);
}

const UNKNOWN_KEY = /^unknown key; expected one of ([\w-]+(?:, [\w-]+)*)(?:; found .*)?$/s;

/** Where an extension says by itself which keys there are, as ours do. */
function withGuess(issue: ConfigIssue): ConfigIssue {
  const known = UNKNOWN_KEY.exec(issue.message)?.[1]?.split(', ');
  if (known === undefined) return issue;
  const key = /([\w-]+)$/.exec(issue.path)?.[1] ?? '';
  const near = closest(key, known);
  const advice = near === null ? `expected one of ${known.join(', ')}` : `did you mean "${near}"?`;
  return {
    ...issue,
    message: `unknown key; ${advice}`,
    expected: `one of ${known.join(', ')}`,
    didYouMean: near,
  };
}

/** Whether an issue is about something inside that was written, and not about what is missing. */
function isThere({ path, code }: DetailedIssue, raw: unknown): boolean {
  const keys = path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  return code === 'unrecognized_keys' || (keys.length > 0 && valueAt(raw, keys) !== undefined);
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** What zod's own messages, and those that begin with "expected", say was expected; null for other sentences. */
function expectedOf({ message, errors }: DetailedIssue): string | null {
  const expected = /^(?:[A-Z][a-z ]+: )?expected (.+?)(?:, received .+)?$/.exec(message)?.[1] ?? null;
  if (expected !== null) return expected.replace(/^\w+/, (kind) => KINDS[kind] ?? kind);
  const forms = errors?.flat().map(expectedOf) ?? [];
  return forms.length > 0 && !forms.includes(null) ? [...new Set(forms)].join(' or ') : null;
}

function hasIssues(error: unknown): error is { readonly issues: readonly DetailedIssue[] } {
  return isObject(error) && Array.isArray(error.issues) && error.issues.every(isIssue);
}

function isIssue(issue: unknown): boolean {
  return isObject(issue) && Array.isArray(issue.path) && typeof issue.message === 'string';
}

/** The message of an extension that breaks may hold anything, also a secret: only its kind is told. */
function broken(error: unknown, { kind, name, path }: Place, from: string | null): CutoverError {
  const what = error instanceof Error ? error.name : typeof error;
  const place = thrownAt(error);
  const whose = from === null ? name : `${name} of the plugin ${from}`;
  return new CutoverError(
    'E_PLUGIN',
    `The ${kind} ${whose} could not read ${pathText(path)}: it threw ${what}${place === null ? '' : ` at ${place}`}.`,
    {
      hint: 'This is a fault of the plugin: `parse` must throw an error with `issues`.',
      cause: error,
    },
  );
}
