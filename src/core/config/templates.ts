import { closest } from './closest.ts';
import { type ConfigDocument, isObject, membersOf, type Path } from './document.ts';
import { issueAt } from './issues.ts';
import type { ConfigIssue } from './types.ts';

export interface ResolvedDocument {
  /** Every server and template has the keys that it extends. */
  readonly document: ConfigDocument;
  readonly issues: readonly ConfigIssue[];
  /** Servers and templates that extend what cannot be had: what they lack is no issue. */
  readonly broken: readonly Path[];
  /** Templates that no server extends. */
  readonly unused: readonly string[];
}

type Entry = Readonly<Record<string, unknown>>;

/** A server or a template as it is written. */
interface Layer {
  readonly at: Path;
  readonly own: Entry;
}

/** Gives servers, and templates, what they extend: own keys win, and lists are replaced. */
export function resolveTemplates(written: ConfigDocument): ResolvedDocument {
  const { raw } = written;
  if (!isObject(raw)) return { document: written, issues: [], broken: [], unused: [] };
  const templates = layersIn(raw.templates, ['templates']);
  const issues: ConfigIssue[] = [];
  const broken: Path[] = [];
  const used = new Set<string>();
  const origins = new Map<string, ReadonlyMap<string, Path>>();

  const merge = (layer: Layer, servers: ReadonlyMap<string, Layer>): Entry => {
    const { chain, issue } = chainOf(layer, { templates, servers, document: written });
    if (issue !== null) {
      issues.push(issue);
      broken.push(layer.at);
    }
    for (const { at } of layer.at[0] === 'templates' ? [] : chain)
      if (at[0] === 'templates') used.add(String(at[1]));
    origins.set(keyOf(layer.at), originsIn(chain));
    const inherited = chain
      .slice(1)
      .toReversed()
      .flatMap(({ own }) => Object.entries(own));
    return Object.fromEntries([
      ...inherited.filter(([key]) => key !== 'extends'),
      ...Object.entries(layer.own),
    ]);
  };
  const mergeAll = (
    value: unknown,
    layers: ReadonlyMap<string, Layer>,
    servers: ReadonlyMap<string, Layer>,
  ) =>
    isObject(value)
      ? Object.fromEntries(
          Object.entries(value).map(([name, entry]) => {
            const layer = layers.get(name);
            return [name, layer === undefined ? entry : merge(layer, servers)];
          }),
        )
      : value;
  const environments = mapMembers(raw.environments, (environment, name) => {
    if (!isObject(environment)) return environment;
    const servers = layersIn(environment.servers, ['environments', name, 'servers']);
    return {
      ...environment,
      ...onlyIf('servers', environment, mergeAll(environment.servers, servers, servers)),
    };
  });
  const resolved = {
    ...raw,
    ...onlyIf('templates', raw, mergeAll(raw.templates, templates, new Map())),
    ...onlyIf('environments', raw, environments),
  };
  const origin = (path: Path) => originOf(path, origins);
  return {
    document: { ...written, raw: resolved, origin },
    issues,
    broken,
    unused: [...templates.keys()].filter((name) => !used.has(name)),
  };
}

function layersIn(value: unknown, base: Path): ReadonlyMap<string, Layer> {
  return new Map(
    membersOf(value).flatMap(([name, own]) => (isObject(own) ? [[name, { at: [...base, name], own }]] : [])),
  );
}

interface Known {
  readonly templates: ReadonlyMap<string, Layer>;
  readonly servers: ReadonlyMap<string, Layer>;
  readonly document: ConfigDocument;
}

/** The layer itself, what it extends, what that extends, … as far as it goes. */
function chainOf(
  layer: Layer,
  known: Known,
): { readonly chain: readonly Layer[]; readonly issue: ConfigIssue | null } {
  const chain = [layer];
  for (let last = layer; typeof last.own.extends === 'string'; ) {
    const next = find(last, last.own.extends, known);
    if ('message' in next) return { chain, issue: next };
    if (chain.includes(next))
      return { chain, issue: cycle(last, [...chain.slice(chain.indexOf(next)), next], known) };
    chain.push(next);
    last = next;
  }
  return { chain, issue: null };
}

/** A template extends templates only: it belongs to no environment. */
function find({ at }: Layer, name: string, { templates, servers, document }: Known): Layer | ConfigIssue {
  const isTemplate = at[0] === 'templates';
  const [template, server] = [templates.get(name), isTemplate ? undefined : servers.get(name)];
  const place = [...at, 'extends'];
  if (template !== undefined && server !== undefined && server.at.at(-1) !== at.at(-1))
    return issueAt(document, place, `"${name}" is a template and a server; one of them needs another name`);
  const found = template ?? server;
  if (found !== undefined) return found;
  const names = [...templates.keys(), ...(isTemplate ? [] : servers.keys())].filter(
    (each) => each !== at.at(-1),
  );
  const didYouMean = closest(name, names);
  const what = isTemplate ? 'there is no template' : 'there is no template and no server of this environment';
  const advice = didYouMean === null ? '' : `; did you mean "${didYouMean}"?`;
  return { ...issueAt(document, place, `${what} "${name}"${advice}`), found: name, didYouMean };
}

function cycle({ at }: Layer, around: readonly Layer[], { document }: Known): ConfigIssue {
  const names = around.map((layer) => `"${layer.at.at(-1)}"`).join(' extends ');
  return issueAt(document, [...at, 'extends'], `goes in a circle: ${names}`);
}

/** Where each inherited key is written. */
function originsIn([own, ...inherited]: readonly Layer[]): ReadonlyMap<string, Path> {
  return new Map(
    inherited
      .toReversed()
      .flatMap((layer) => Object.keys(layer.own).map((key) => [key, layer.at] as const))
      .filter(([key]) => !Object.hasOwn(own!.own, key)),
  );
}

function originOf(path: Path, origins: ReadonlyMap<string, ReadonlyMap<string, Path>>): Path {
  const depth = path[0] === 'templates' ? 2 : 4;
  const at = origins.get(keyOf(path.slice(0, depth)))?.get(String(path[depth]));
  return at === undefined ? path : [...at, ...path.slice(depth)];
}

function keyOf(path: Path): string {
  return JSON.stringify(path);
}

function mapMembers(value: unknown, change: (member: unknown, name: string) => unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, change(member, name)]));
}

/** What is not there stays away. */
function onlyIf(key: string, owner: Entry, value: unknown): Entry {
  return Object.hasOwn(owner, key) ? { [key]: value } : {};
}
