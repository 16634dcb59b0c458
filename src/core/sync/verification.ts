import { CutoverError } from '../contract/index.ts';

/** What stands in a deploy-cache, compared with what was uploaded. */
export interface Verification {
  /** How many files it should hold. */
  readonly files: number;
  /** The contents were read. False where that cannot be done on the server: only sizes and times were compared. */
  readonly hashed: boolean;
  /** In the order of their paths, one for each; of what is missing, too much or of another kind only the topmost. */
  readonly differences: readonly CacheDifference[];
}

export interface CacheDifference {
  readonly path: string;
  readonly kind: DifferenceKind;
  /** The live release has the very same file: what is wrong with it is served. */
  readonly live: boolean;
}

/**
 * The first of these that is true. `missing`, `extra`: nothing is there, or nothing should be. `kind`: a file, directory
 * or link stands where another of these should. `target`: a link leads elsewhere. `content`: also of a file that cannot
 * be read. `mode`. `time`: it was touched, or written and changed back.
 */
export type DifferenceKind = 'missing' | 'extra' | 'kind' | 'target' | 'content' | 'mode' | 'time';

/** What every engine says when the manifest of the deploy-cache cannot be read. */
export function damagedManifest(server: string): CutoverError {
  return new CutoverError(
    'E_REFUSED',
    `${server}: the manifest of the deploy-cache is damaged: nobody knows any more what was uploaded.`,
    { server, hint: 'Deploy with --full to send everything again.' },
  );
}
