import type { Failure } from '../journal/facts.ts';
import type { CacheDifference } from '../sync/verification.ts';

/** `cache verify --json`. */
export interface CacheVerifyResult {
  readonly environment: string;
  readonly servers: readonly VerifiedCache[];
}

interface ComparedCache {
  readonly name: string;
  /** How many files the deploy-cache should hold. */
  readonly files: number;
  /** False: only sizes and times were compared, or nothing was. */
  readonly hashed: boolean;
  /** What differs still. */
  readonly differences: readonly CacheDifference[];
  /** Why it was not verified, or not all of it mended; null when nothing failed. */
  readonly failure: Failure | null;
}

export interface VerifiedCache extends ComparedCache {
  /** What else there is to know of these finds, in sentences. */
  readonly notes: readonly string[];
}

/** `cache repair --json`. */
export interface CacheRepairResult {
  readonly environment: string;
  readonly servers: readonly RepairedCache[];
}

export interface RepairedCache extends ComparedCache {
  /** What differed and does not any more. */
  readonly mended: readonly CacheDifference[];
  /** What was wrong beyond the deploy-cache, and whatever stopped nothing. */
  readonly problems: readonly string[];
}
