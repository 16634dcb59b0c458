import { exclusion, rawPath } from './exclusion.ts';
import type { Manifest } from './types.ts';

/** The files that these patterns, with .gitignore semantics, name: a release has them as copies, whatever is linked. */
export function unsharedFiles(manifest: Manifest, patterns: readonly string[]): readonly string[] {
  if (patterns.length === 0) return [];
  const chosen = exclusion(patterns);
  return manifest
    .filter((entry) => entry.kind === 'file' && chosen.excludes(rawPath(entry.path), 'other'))
    .map((entry) => entry.path);
}
