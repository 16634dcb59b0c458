import type { Json, SecretReference } from '../contract/index.ts';
import { isObject } from './document.ts';

const KINDS = ['env', 'file', 'command'];

/** All that look like one in what was written as options: an extension may ask for these, and for no others. */
export function secretReferencesIn(raw: unknown): readonly SecretReference[] {
  if (Array.isArray(raw)) return raw.flatMap(secretReferencesIn);
  if (!isObject(raw)) return [];
  const inside = Object.values(raw).flatMap(secretReferencesIn);
  return isReference(raw) ? [raw, ...inside] : inside;
}

/** Whether both say the same. */
export function isSameReference(one: SecretReference, other: Json | SecretReference): boolean {
  if (!isObject(other) || !isReference(other)) return false;
  const [[kind, value] = []] = Object.entries(one);
  return Object.entries(other).every(([key, own]) => key === kind && own === value);
}

function isReference(value: object): value is SecretReference {
  const [[kind, name] = [], ...others] = Object.entries(value);
  return others.length === 0 && KINDS.includes(kind ?? '') && typeof name === 'string';
}
