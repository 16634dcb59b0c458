import { CutoverError } from '../contract/index.ts';
import type { Snapshot } from '../sync/types.ts';
import type { ConfiguredSource, MadeFrom } from './configuredSource.ts';

/**
 * What a release was made from, once more. Throws `E_REFUSED`, with this hint, where the source is not that any more, and what
 * the source throws.
 */
export async function sourceOfRelease(
  source: ConfiguredSource,
  made: MadeFrom & { readonly release: string },
  hint: string,
): Promise<Snapshot> {
  const snapshot = await source.again(made);
  if (snapshot.state === made.manifest) return snapshot;
  throw new CutoverError(
    'E_REFUSED',
    `The source is not what release ${made.release} was made from any more. Nothing was touched.`,
    { hint },
  );
}
