import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inScratch, never } from '../../testing/observe.ts';
import type { Manifest } from '../../types.ts';
import { type Disk, realDisk } from '../disk.ts';
import { directorySnapshot } from '../snapshot.ts';

export const LATER_MS = 3_600_000;
/** As if all that is on disk were old. */
export const later: Disk = { ...realDisk, nowMs: () => Date.now() + LATER_MS };

interface Place {
  readonly root: string;
  readonly cacheDirectory: string;
}

export const inPlace = (action: (place: Place) => Promise<void>) =>
  inScratch(async (scratch) => {
    mkdirSync(join(scratch, 'site'));
    await action({ root: join(scratch, 'site'), cacheDirectory: join(scratch, 'state') });
  });

export async function manifestOf(
  root: string,
  cacheDirectory: string | null,
  disk: Disk,
  exclude: readonly string[] = [],
): Promise<Manifest> {
  const config = { type: 'directory', directory: root, exclude } as const;
  return (await directorySnapshot(config, { signal: never, cacheDirectory, disk })).manifest(never);
}

export function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Until whatever is changed now gets another time than all that was changed before. */
export function awaitTick(root: string): void {
  const probe = `${root}.probe`;
  writeFileSync(probe, '');
  const { ctimeNs } = lstatSync(probe, { bigint: true });
  while (lstatSync(probe, { bigint: true }).ctimeNs <= ctimeNs) writeFileSync(probe, 'x');
}
