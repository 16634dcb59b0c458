import { closest } from './closest.ts';
import { isObject } from './document.ts';
import type { ExtensionLookup } from './extensions.ts';

/**
 * What stands beside the name of an extension in a configuration, and says how it is used: read by core, never by the
 * extension. No extension can be called like one.
 */
export const BESIDE: Readonly<Record<keyof ExtensionLookup, readonly string[]>> = {
  transport: [],
  hook: ['on', 'deadline'],
  notifier: ['events', 'deadline', 'text'],
  source: ['exclude', 'deadline'],
};

export const RESERVED_NAMES: ReadonlySet<string> = new Set(Object.values(BESIDE).flat());

/** The names that are an extension's, of the keys of one entry. */
export function namesIn(kind: keyof ExtensionLookup, entry: object): readonly string[] {
  return Object.keys(entry).filter((key) => !BESIDE[kind].includes(key));
}

/** Those of several names that are none, but what stands beside one, misspelt: options are an object, or nothing. */
export function misspeltIn(kind: keyof ExtensionLookup, entry: object): readonly string[] {
  const names = namesIn(kind, entry);
  if (names.length < 2) return [];
  return Object.entries(entry)
    .filter(([key, value]) => names.includes(key) && value !== null && !isObject(value))
    .flatMap(([key]) => (closest(key, BESIDE[kind]) === null ? [] : [key]));
}
