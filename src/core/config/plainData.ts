import { type Path, pathText } from './document.ts';
import type { ConfigIssue } from './types.ts';

interface PlainData {
  readonly raw: unknown;
  readonly issues: readonly ConfigIssue[];
}

/**
 * A copy of a value as plain data: members that are undefined are left out. Functions, class instances and other
 * things that a file could not say become issues, and so does what contains itself.
 */
export function plainData(value: unknown): PlainData {
  const issues: ConfigIssue[] = [];
  const report = (path: Path, found: string) => {
    const message = `expected plain data; found ${found}`;
    const text = { path: pathText(path), message, expected: 'plain data' };
    issues.push({ ...text, line: null, column: null, found: undefined, didYouMean: null });
    return null;
  };
  return { raw: copy(value, [], [], report), issues };
}

type Report = (path: Path, found: string) => null;

function copy(value: unknown, path: Path, parents: readonly object[], report: Report): unknown {
  if (value === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof value)) return value;
  if (typeof value !== 'object') return report(path, `a ${typeof value}`);
  if (value === null || parents.includes(value)) return report(path, 'an object that contains itself');
  const inside = [...parents, value];
  if (Array.isArray(value)) return value.map((item, index) => copy(item, [...path, index], inside, report));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return report(path, className(value));
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => [key, copy(member, [...path, key], inside, report)] as const);
  return Object.fromEntries(members);
}

function className(value: object): string {
  return `an instance of ${value.constructor.name}`;
}
