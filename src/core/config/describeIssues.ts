import type { ConfigIssue } from './types.ts';

/**
 * One line for each issue, in the order of the file: `cutover.yaml:12:7  path: message`. What follows the place
 * is aligned. `file` is shown as given.
 */
export function describeIssues(file: string, issues: readonly ConfigIssue[]): string {
  const rows = [...issues].sort(byPosition).map((issue) => ({ place: placeOf(file, issue), issue }));
  const width = Math.max(0, ...rows.map(({ place }) => place.length));
  return rows.map(({ place, issue }) => `${place.padEnd(width)}  ${textOf(issue)}`).join('\n');
}

function byPosition(a: ConfigIssue, b: ConfigIssue): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function placeOf(file: string, { line, column }: ConfigIssue): string {
  return line === null ? file : `${file}:${line}:${column ?? 1}`;
}

function textOf({ path, message }: ConfigIssue): string {
  return path === '' ? message : `${path}: ${message}`;
}
