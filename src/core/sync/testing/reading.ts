import { expect } from 'vitest';
import type { Manifest, Snapshot } from '../types.ts';
import { sha256 } from './entries.ts';
import type { GitRepository } from './gitRepository.ts';
import { drain, never } from './observe.ts';
import { type Taken, takeSnapshot } from './takeSnapshot.ts';

/** Reading these entries gives the contents that they say. */
export async function expectReadable(taken: Pick<Snapshot, 'read'>, entries: Manifest): Promise<void> {
  const files = entries.filter(({ kind }) => kind === 'file');
  const read = await drain(taken.read(entries, never));
  expect(read.map(([path, content]) => [path, sha256(content)])).toEqual(
    files.map(({ path, hash }) => [path, hash]),
  );
}

/** The manifest is what git archive gives, and reading it gives these contents. */
export async function expectArchived(repository: GitRepository, commit: string): Promise<Taken> {
  const taken = await takeSnapshot(repository, { ref: commit });
  expect(taken.manifest).toEqual(await repository.archived(commit));
  await expectReadable(taken, taken.manifest);
  return taken;
}
