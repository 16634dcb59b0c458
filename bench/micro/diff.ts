import { diffManifests } from '../../src/core/sync/diff.ts';
import { formatSegment, readSegments } from '../../src/core/sync/manifestText.ts';
import type { CachedManifest } from '../../src/core/sync/types.ts';
import type { Part } from '../scenarios/micro.ts';
import { count } from '../scenarios/scenario.ts';

/** Whole manifests: what is compared, written and read when nothing shorter is known. */
export function diffing(files: number): readonly Part[] {
  const cached = manifestOf(files);
  const wanted = cached.map((entry, index) =>
    entry.kind === 'file' && index % Math.floor(files / 10) === 5
      ? { ...entry, hash: 'f'.repeat(64) }
      : entry,
  );
  const text = formatSegment(cached);
  const options = { suspect: new Set<string>(), full: false };
  return [
    {
      name: `diff two manifests of ${count(files)} files, ten changed`,
      run: async () => diffManifests(cached, wanted, options),
    },
    { name: `write a manifest of ${count(files)} files`, run: async () => formatSegment(cached) },
    { name: `read a manifest of ${count(files)} files`, run: async () => readSegments([text]) },
  ];
}

/** A hundred in a directory, in the order of the paths. */
function manifestOf(files: number): CachedManifest {
  const width = String(files).length;
  const directories = Array.from({ length: Math.ceil(files / 100) }, (_, number) => {
    const path = `d${String(number).padStart(width, '0')}`;
    const inside = Array.from({ length: 100 }, (_, index) => ({
      path: `${path}/f${String(index).padStart(width, '0')}`,
      kind: 'file' as const,
      mode: 0o644,
      sizeBytes: 1000 + index,
      hash: (number * 100 + index).toString(16).padStart(64, '0'),
      modifiedAtSec: 1_700_000_000,
    }));
    const itself = {
      path,
      kind: 'directory',
      mode: 0o755,
      sizeBytes: 0,
      hash: '',
      modifiedAtSec: 0,
    } as const;
    return [itself, ...inside];
  });
  return directories.flat();
}
