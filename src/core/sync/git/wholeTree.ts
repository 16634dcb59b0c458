import type { SourceConfig } from '../../config/types.ts';
import { canonicalOrder } from '../order.ts';
import { refuseAll } from '../refusal.ts';
import type { Manifest, ManifestEntry } from '../types.ts';
import type { BlobReading } from './blobReading.ts';
import type { Repository } from './command.ts';
import type { Contents, Origin } from './contents.ts';
import { describePart, type ReadPart, readPart } from './describePart.ts';
import { selectParts } from './parts.ts';

export interface WholeTree {
  readonly manifest: Manifest;
  readonly contents: Contents;
}

/** All of a commit that is deployed. Rejects with `E_REFUSED`, naming everything that cannot be. */
export async function wholeTree(
  repository: Repository,
  commit: string,
  config: Pick<Extract<SourceConfig, { type: 'git' }>, 'subdirectory' | 'exclude'>,
  blobs: BlobReading,
  signal: AbortSignal,
): Promise<WholeTree> {
  const { parts, refusals } = await selectParts(repository, commit, config, signal);
  const read: ReadPart[] = [];
  for (const part of parts) read.push(await readPart(part, signal, blobs));
  const against = [...refusals, ...read.flatMap((part) => part.refusals)];
  refuseAll(`${repository.path} at ${commit.slice(0, 12)}`, against);
  const manifest: ManifestEntry[] = [];
  const contents = new Map<string, Origin>();
  for (const part of read) {
    for (const { entry, origin } of await describePart(part, signal)) {
      manifest.push(entry);
      if (origin !== null) contents.set(entry.path, origin);
    }
  }
  return { manifest: canonicalOrder(manifest), contents };
}
