import { openSource } from '../../source.ts';
import { repositoryAt } from '../../testing/gitRepository.ts';
import { never } from '../../testing/observe.ts';
import type { Manifest, Snapshot } from '../../types.ts';

export const write = (root: string, files: Parameters<ReturnType<typeof repositoryAt>['write']>[0]) =>
  repositoryAt(root).write(files);

export type Taken = Omit<Snapshot, 'manifest'> & { readonly manifest: Manifest };

export async function snapshot(directory: string, exclude: readonly string[] = []): Promise<Taken> {
  const source = openSource({ type: 'directory', directory, exclude });
  const taken = await source.snapshot({ ref: null, signal: never });
  return { ...taken, manifest: await taken.manifest(never) };
}
