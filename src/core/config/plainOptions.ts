import type { Json } from '../contract/index.ts';

/**
 * What an extension parsed, as JSON for comparing: `toJSON` is honoured (a secret gives `***`), maps and sets become
 * lists, functions and undefined members are left out, anything else JSON has no word for becomes its text.
 */
export function plainOptions(value: unknown): Json {
  if (value === undefined) return null;
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as Json;
  if (typeof value !== 'object') return String(value);
  if ('toJSON' in value && typeof value.toJSON === 'function') return plainOptions(value.toJSON());
  if (value instanceof RegExp) return String(value);
  if (Array.isArray(value) || value instanceof Set || value instanceof Map)
    return [...value].map(plainOptions);
  const members = Object.entries(value).filter(
    ([, member]) => member !== undefined && typeof member !== 'function',
  );
  return Object.fromEntries(members.map(([key, member]) => [key, plainOptions(member)]));
}
