import type { ManifestEntry } from './types.ts';

/**
 * Orders paths by the bytes of their UTF-8 form, which is the order of code points. JavaScript's own comparison
 * goes by UTF-16 units and puts U+10000 and above before U+E000.
 */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** A new array of the entries, sorted by `comparePaths`. */
export function canonicalOrder<Entry extends Pick<ManifestEntry, 'path'>>(
  entries: Iterable<Entry>,
): readonly Entry[] {
  return [...entries].sort((a, b) => comparePaths(a.path, b.path));
}

/** Moves surrogates, which stand for U+10000 and above, behind the rest of the basic plane. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
