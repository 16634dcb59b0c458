import { type CutoverError, errorCode, messageOf } from '../contract/index.ts';
import type { Failure } from '../journal/facts.ts';

/** Anything that was thrown, as data. What is not one of our errors is a bug, and says where it happened. */
export function asFailure(error: unknown): Failure {
  const code = errorCode(error);
  if (code !== null) return { code, message: messageOf(error), hint: (error as CutoverError).hint ?? null };
  return {
    code: 'E_BUG',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    hint: null,
  };
}
