import { z } from 'zod';
import type { Notice } from '../../core/contract/index.ts';

/** An option for what a service that counts versions is told: what a release is called, or the commit it was made of. */
export function versionOption() {
  return z.enum(['release', 'revision']).default('release');
}

/** A directory has no commits; its release has a name all the same. */
export function versionOf(
  notice: Pick<Notice, 'release' | 'revision'>,
  version: 'release' | 'revision',
): string {
  return version === 'revision' ? (notice.revision ?? notice.release) : notice.release;
}
