import { directorySnapshot } from '../../src/core/sync/directory/snapshot.ts';
import { packTar } from '../../src/core/sync/packTar.ts';
import type { Part } from '../scenarios/micro.ts';

const signal = new AbortController().signal;

/** The whole of a directory as one tar stream, into nothing. */
export async function packing(directory: string): Promise<readonly Part[]> {
  const config = { type: 'directory', directory, exclude: ['/.git'] } as const;
  const snapshot = await directorySnapshot(config, { signal, cacheDirectory: null });
  const manifest = await snapshot.manifest(signal);
  const directories = manifest.filter(({ kind }) => kind === 'directory').map(({ path }) => path);
  const files = manifest.filter(({ kind }) => kind === 'file');
  const pack = async (): Promise<void> => {
    const stream = packTar({ directories, links: [], files: snapshot.read(files, signal) }, 1_700_000_000);
    for await (const _ of stream);
  };
  return [
    {
      name: 'pack a directory, contents compared with their hashes',
      run: pack,
      peer: {
        name: 'tar to a pipe',
        argv: ['sh', '-c', 'tar -C "$1" --exclude=./.git -cf - . | cat >/dev/null', 'sh', directory],
      },
    },
  ];
}
