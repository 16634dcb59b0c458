import ignore, { type Ignore } from 'ignore';

/** The name of a file with patterns, in gitignore(5)'s language. It is never deployed itself. */
export const IGNORE_FILE = '.deployignore';

/**
 * A path as it is on disk or in a commit: one character (U+0000 to U+00FF) for each byte, so that names which are
 * not valid UTF-8 stay different, and patterns match bytes, as git's do.
 */
export type RawPath = string;

/**
 * What is left out of a tree. The last pattern that matches decides; the configuration's come first, then those of
 * the top, then those of each directory further down. Nothing below an excluded directory is asked for.
 */
export interface Exclusion {
  excludes(path: RawPath, kind: 'directory' | 'other'): boolean;
  /** The same and what the ignore file of `directory` says; '' is the top of the tree. */
  withIgnoreFile(directory: RawPath, content: Uint8Array): Exclusion;
}

export function rawPath(bytes: Uint8Array | string): RawPath {
  return Buffer.from(bytes).toString('latin1');
}

export function bytesOf(path: RawPath): Buffer {
  return Buffer.from(path, 'latin1');
}

/** Patterns with the semantics of a .gitignore at the top of the tree, upper and lower case being different. */
export function exclusion(patterns: readonly string[]): Exclusion {
  return of(ignore(OPTIONS).add(patterns.map(rawPath)));
}

/** A commit may hold a directory named `..`, which is refused, but only after it could be excluded. */
const OPTIONS = { ignoreCase: false, allowRelativePaths: true } as const;

const BYTE_ORDER_MARK = /^\xef\xbb\xbf/;

function of(rules: Ignore): Exclusion {
  return {
    excludes: (path, kind) => rules.ignores(kind === 'directory' ? `${path}/` : path),
    withIgnoreFile: (directory, content) => {
      const lines = rawPath(content).replace(BYTE_ORDER_MARK, '').split(/\r?\n/);
      const patterns = directory === '' ? lines : lines.map((line) => rebased(line, directory));
      return of(ignore(OPTIONS).add(rules).add(patterns));
    },
  };
}

/**
 * The pattern of a directory as one of the top. With a slash anywhere but at its end it is relative to the
 * directory, else it may match at any depth below. All patterns stand in one list, because one that re-includes a
 * directory further down would not reach what is below it through two.
 */
function rebased(line: string, directory: RawPath): string {
  const [, negation = '', body = ''] = /^(!?)(.*)$/s.exec(line) ?? [];
  const relative = body.replace(/^\//, '');
  if (line.startsWith('#') || /^ *$/.test(relative)) return '';
  const anywhere = /\/(?! *$)/.test(body) ? '' : '**/';
  return `${negation}/${directory.replaceAll(/[\\*?[\]]/g, '\\$&')}/${anywhere}${relative}`;
}
