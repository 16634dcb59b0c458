import { RESERVED_NAMES } from '../config/besideKeys.ts';
import { closest } from '../config/closest.ts';
import { isObject } from '../config/document.ts';
import type { Plugin } from '../contract/index.ts';

export const KINDS = ['transports', 'notifiers', 'hooks', 'sources'] as const;
export type Kind = (typeof KINDS)[number];

export const KIND_IN_WORDS: Readonly<Record<Kind, string>> = {
  transports: 'transport',
  notifiers: 'notifier',
  hooks: 'hook',
  sources: 'source',
};

const KEYS: readonly string[] = ['api', 'name', ...KINDS];

/** Sources that are built in, and what they have. */
const OWN_SOURCES = ['git', 'directory', 'subdirectory'];

/** What is wrong with a thing that was registered as a plugin, to follow its name; null for a good one. */
export function faultOf(thing: unknown): string | null {
  if (!isObject(thing)) return `registered something that is no plugin: ${String(thing)}.`;
  if (thing.api === undefined)
    return 'registered a plugin without "api", the version of the contract: api: 1.';
  if (thing.api !== 1)
    return `is made for version ${String(thing.api)} of the contract; this cutover has version 1.`;
  if (typeof thing.name !== 'string' || thing.name === '') return 'registered a plugin that has no name.';
  const unknown = Object.keys(thing).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) return `registered a plugin with a key "${unknown}". ${expectedFor(unknown)}`;
  for (const kind of KINDS) {
    const fault = faultOfTable(kind, thing[kind]);
    if (fault !== null) return fault;
  }
  return null;
}

function expectedFor(key: string): string {
  const near = closest(key, KEYS);
  return near === null ? `There are: ${KEYS.join(', ')}.` : `Did you mean "${near}"?`;
}

function faultOfTable(kind: Kind, table: unknown): string | null {
  if (table === undefined) return null;
  const one = KIND_IN_WORDS[kind];
  if (!isObject(table)) return `registered ${kind} that are no object: NAME to a function that loads it.`;
  for (const [name, load] of Object.entries(table)) {
    if (RESERVED_NAMES.has(name) || (kind === 'sources' && OWN_SOURCES.includes(name)))
      return `calls a ${one} "${name}", which is a key of the configuration itself.`;
    if (typeof load !== 'function') return `brings a ${one} called ${name} that no function loads.`;
  }
  return null;
}

/** What a plugin brings, by kind. */
export function namesOf(plugin: Plugin): Readonly<Record<Kind, readonly string[]>> {
  const entries = KINDS.map((kind) => [kind, Object.keys(plugin[kind] ?? {})] as const);
  return Object.fromEntries(entries) as unknown as Record<Kind, readonly string[]>;
}
