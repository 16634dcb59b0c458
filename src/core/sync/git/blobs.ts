import { CutoverError } from '../../contract/index.ts';
import { byteReader, counted } from './byteReader.ts';
import { gitStream, type Repository } from './command.ts';

export interface Blob {
  readonly object: string;
  readonly sizeBytes: number;
  /** What is left unread is skipped when the next blob is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * The contents of these objects, in this order, through one git-cat-file(1). None is ever in memory as a whole.
 * Throws `E_SOURCE` for an object that the repository lacks.
 */
export async function* readBlobs(
  repository: Repository,
  objects: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Blob> {
  if (objects.length === 0) return;
  const input = objects.map((object) => `${object}\n`).join('');
  const reader = byteReader(gitStream(repository, ['cat-file', '--batch', '--buffer'], { signal, input }));
  try {
    for (const object of objects) {
      const header = await reader.line();
      const sizeBytes = Number(/^[0-9a-f]+ blob (\d+)$/.exec(header ?? '')?.[1] ?? Number.NaN);
      if (Number.isNaN(sizeBytes)) throw missing(repository, object);
      let unread = sizeBytes;
      const content = reader.take(sizeBytes);
      yield { object, sizeBytes, chunks: counted(content, (count) => (unread -= count)) };
      for await (const chunk of reader.take(unread)) unread -= chunk.length;
      await reader.line();
    }
  } finally {
    await reader.close();
  }
}

function missing(repository: Repository, object: string): CutoverError {
  return new CutoverError('E_SOURCE', `The repository ${repository.path} lacks the object ${object}.`, {
    hint: 'Repair it: git fsck tells what is missing, git fetch --refetch brings it again.',
  });
}
