import { openSource } from '../source.ts';
import type { Manifest, Snapshot } from '../types.ts';
import { never } from './observe.ts';

/** A snapshot whose manifest was asked for. */
export interface Taken extends Omit<Snapshot, 'manifest'> {
  readonly manifest: Manifest;
}

export interface Wish {
  readonly ref?: string;
  readonly subdirectory?: string;
  readonly exclude?: readonly string[];
}

/** Of a git repository: HEAD and all of it, unless something else is wished for. */
export async function takeSnapshot(repository: { readonly path: string }, wish: Wish = {}): Promise<Taken> {
  const { ref = null, subdirectory = null, exclude = [] } = wish;
  const source = openSource({ type: 'git', repository: repository.path, subdirectory, exclude });
  const taken = await source.snapshot({ ref, signal: never });
  return { ...taken, manifest: await taken.manifest(never) };
}
