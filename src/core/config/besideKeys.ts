import type { ExtensionLookup } from './extensions.ts';

/**
 * What stands beside the name of an extension in a configuration, and says how it is used: read by core, never by the
 * extension. No extension can be called like one.
 */
export const BESIDE: Readonly<Record<keyof ExtensionLookup, readonly string[]>> = {
  transport: [],
  hook: ['on', 'deadline'],
  notifier: ['events', 'deadline', 'text'],
  source: ['exclude'],
};

export const RESERVED_NAMES: ReadonlySet<string> = new Set(Object.values(BESIDE).flat());

/** The names that are an extension's, of the keys of one entry. */
export function namesIn(kind: keyof ExtensionLookup, entry: object): readonly string[] {
  return Object.keys(entry).filter((key) => !BESIDE[kind].includes(key));
}
