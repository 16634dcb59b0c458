import { extname } from 'node:path';
import type { Document } from 'yaml';
import type { Json } from '../contract/index.ts';
import { canonicalJson } from './canonicalJson.ts';
import { isObject } from './document.ts';

type Yaml = typeof import('yaml');

export interface NewServer {
  readonly environment: string;
  readonly name: string;
  readonly entry: Readonly<Record<string, Json>>;
}

/** The entry as one writes it: `web9: { extends: web1, host: web9.example.com }` */
export async function entryText({ name, entry }: NewServer, isJson = false): Promise<string> {
  if (isJson) return `${JSON.stringify(name)}: ${JSON.stringify(entry)}`;
  const yaml = await import('yaml');
  const text = yaml.stringify({ [name]: entry }, { collectionStyle: 'flow', lineWidth: 0 });
  return text.trim().replace(/^\{ */, '').replace(/ *\}$/, '');
}

/**
 * The text of a YAML or JSON configuration with one server more, behind the others; all the rest stays as it is, comments
 * too. Null when nobody can tell where it belongs: behind an alias, or in a file that is a program.
 */
export async function addServer(file: string, text: string, server: NewServer): Promise<string | null> {
  const ending = extname(file).toLowerCase();
  if (!['.yaml', '.yml', '.json'].includes(ending)) return null;
  const yaml = await import('yaml');
  const read = (source: string) =>
    yaml.parseDocument(source, { version: '1.2', stringKeys: true, merge: true });
  const before = read(text);
  const place = placeBehind(yaml, before, server.environment, text);
  if (place === null) return null;
  const entry = await entryText(server, ending === '.json');
  const after = `${text.slice(0, place.offset)}${place.before}${entry}${text.slice(place.offset)}`;
  return says(read(after), before.toJS(), server) ? after : null;
}

/** Where the last server ends, and what stands between it and the next one. */
function placeBehind(
  yaml: Yaml,
  document: Document.Parsed,
  environment: string,
  text: string,
): { readonly offset: number; readonly before: string } | null {
  const servers = document.getIn(['environments', environment, 'servers'], true);
  const last = yaml.isMap(servers) ? servers.items.at(-1) : undefined;
  if (!yaml.isMap(servers) || !yaml.isNode(last?.key) || !yaml.isNode(last.value)) return null;
  const [start, end] = [last.key.range?.[0], last.value.range?.[1]];
  if (start === undefined || end === undefined) return null;
  if (servers.flow === true) return { offset: end, before: ', ' };
  const content = text.slice(0, end).trimEnd().length;
  const lineEnd = text.indexOf('\n', content);
  const indent = text.slice(text.lastIndexOf('\n', start) + 1, start);
  return { offset: lineEnd === -1 ? text.length : lineEnd, before: `\n${indent}` };
}

/** What was written is read once more: exactly this has to be new. */
function says(document: Document.Parsed, before: unknown, { environment, name, entry }: NewServer): boolean {
  if (document.errors.length > 0 || !isObject(before) || !isObject(before.environments)) return false;
  const { environments } = before;
  const old = environments[environment];
  if (!isObject(old) || !isObject(old.servers)) return false;
  const servers = { ...old.servers, [name]: entry };
  const wanted = { ...before, environments: { ...environments, [environment]: { ...old, servers } } };
  return canonicalJson(document.toJS() as Json) === canonicalJson(wanted as Json);
}
