import type { Config } from '../config/types.ts';
import { CutoverError } from '../contract/index.ts';
import { openSource } from '../sync/source.ts';
import type { Snapshot } from '../sync/types.ts';

export interface MadeFrom {
  readonly release: string;
  readonly revision: string | null;
  /** As `Snapshot.state`. */
  readonly manifest?: string | null;
}

/**
 * What a release was made from, once more. Throws `E_REFUSED`, with this hint, where the source is not that any more, and what
 * `snapshot` of a source throws.
 */
export async function sourceOfRelease(
  config: Config,
  { release, revision, manifest = null }: MadeFrom,
  { signal, hint }: { readonly signal: AbortSignal; readonly hint: string },
): Promise<Snapshot> {
  const ref = config.source.type === 'git' ? revision : null;
  const snapshot = await openSource(config.source).snapshot({ ref, signal });
  if (snapshot.state === manifest) return snapshot;
  throw new CutoverError(
    'E_REFUSED',
    `The source is not what release ${release} was made from any more. Nothing was touched.`,
    { hint },
  );
}
