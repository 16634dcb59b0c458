import type { Failure } from '../journal/facts.ts';
import type { CacheDifference } from '../sync/verification.ts';

/** `cache verify --json`. */
export interface CacheVerifyResult {
  readonly environment: string;
  readonly servers: readonly VerifiedCache[];
}

export interface VerifiedCache {
  readonly name: string;
  /** How many files the deploy-cache should hold. */
  readonly files: number;
  /** False: only sizes and times were compared, or nothing was. */
  readonly hashed: boolean;
  readonly differences: readonly CacheDifference[];
  /** What else there is to know of these finds, in sentences. */
  readonly notes: readonly string[];
  /** Why it was not verified; null when it was. */
  readonly failure: Failure | null;
}

/** `cache repair --json`. */
export interface CacheRepairResult {
  readonly environment: string;
  readonly servers: readonly RepairedCache[];
}

export interface RepairedCache {
  readonly name: string;
  readonly files: number;
  readonly hashed: boolean;
  /** What differed and does not any more. */
  readonly mended: readonly CacheDifference[];
  /** What differs still. */
  readonly differences: readonly CacheDifference[];
  /** What was wrong beyond the deploy-cache, and whatever stopped nothing. */
  readonly problems: readonly string[];
  /** Why it was not mended, or not all of it; null when nothing failed. */
  readonly failure: Failure | null;
}
