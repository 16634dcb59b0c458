import type { Json } from '../contract/index.ts';
import type { Path } from './document.ts';

/** Keys whose value may be a secret, or may hold one. Host keys are public. */
const SENSITIVE = /pass|secret|token|(?<!host)key|url|uri|auth|cred|cookie|header|dsn|webhook|private/i;
const CREDENTIALS_IN_URL = /:\/\/[^/\s]*@/;
const MAX_SHOWN = 60;

/** Whether what stands at a path may be a secret, judged by the names on the way. */
export function isSensitive(path: Path): boolean {
  return path.some((key) => typeof key === 'string' && SENSITIVE.test(key));
}

/** A value for a message; of what may be a secret, its kind only. */
export function foundText(value: unknown, path: Path): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty object' : 'an object';
  if (isHidden(value, path)) return typeof value === 'string' ? 'a plain text' : `a ${typeof value}`;
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value);
}

/** A scalar that may be shown; undefined for everything else. */
export function shownValue(value: unknown, path: Path): Json | undefined {
  if (value === null) return null;
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  return isHidden(value, path) ? undefined : value;
}

function isHidden(value: unknown, path: Path): boolean {
  return isSensitive(path) || (typeof value === 'string' && CREDENTIALS_IN_URL.test(value));
}
