import type { ConfigIssue } from './types.ts';

export type Path = readonly (string | number)[];

export interface Position {
  /** Both start with 1. */
  readonly line: number;
  readonly column: number;
}

/** What a file says, before anybody checked it. */
export interface ConfigDocument {
  /** Plain data: what JSON can hold, except that numbers may be infinite or NaN. */
  readonly raw: unknown;
  /** Where the value at a path, or its key, stands; of a missing one, its nearest parent. Null where there are no lines. */
  readonly locate: (path: Path, part: 'key' | 'value') => Position | null;
  /** Where what stands at a path is written, which may be in a template. Default: at that path. */
  readonly origin?: (path: Path) => Path;
  /** What is wrong already as text; then `raw` means nothing. */
  readonly issues: readonly ConfigIssue[];
}

/** What stands at a path; undefined when nothing does. */
export function valueAt(raw: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string | number, unknown>)[key]
        : undefined,
    raw,
  );
}

/** The members of an object; none for anything else. */
export function membersOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isObject(value) ? Object.entries(value) : [];
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `servers["web1.example.com"].path`, `notify[0]` */
export function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    if (!/^[\w$@-]+$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}
