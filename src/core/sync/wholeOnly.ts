import type { TreeChanges } from './changes.ts';
import type { Manifest, Snapshot } from './types.ts';

/** Of a snapshot that has its whole manifest, and knows no other state. */
export function wholeOnly(
  manifest: Manifest,
  state: string,
): Pick<Snapshot, 'manifest' | 'changesSince' | 'kindsOf'> {
  return {
    manifest: async () => manifest,
    changesSince: async (other) => (other === state ? NO_CHANGES : null),
    async kindsOf(paths) {
      if (paths.length === 0) return new Map();
      const asked = new Set(paths);
      return new Map(manifest.flatMap(({ path, kind }) => (asked.has(path) ? [[path, kind] as const] : [])));
    },
  };
}

const NO_CHANGES: TreeChanges = { put: [], gone: [], above: [], held: [], bytesDelta: 0 };
