/**
 * What can go wrong, by name. Errors are recognised by `code`, never by class or text, because two copies
 * of this package may meet in one process.
 */
export type ErrorCode =
  | 'E_USAGE'
  | 'E_CONFIG'
  | 'E_PLUGIN'
  | 'E_REFUSED'
  | 'E_STALE'
  | 'E_UNREACHABLE'
  | 'E_AUTHENTICATION'
  | 'E_HOST_KEY'
  | 'E_LOCKED'
  | 'E_COMPENSATED'
  | 'E_STRANDED'
  | 'E_OPEN_TRANSACTION'
  | 'E_INTERRUPTED'
  /** A server lacks something that was needed (no shell, no `mv -T`, …). */
  | 'E_CAPABILITY'
  /** A script of ours ended with a status that means failure. */
  | 'E_REMOTE'
  /** A command closed without an exit status: nobody knows what it did. */
  | 'E_UNKNOWN'
  /** A command of the user's failed. */
  | 'E_COMMAND'
  | 'E_TIMEOUT'
  | 'E_DISK_FULL'
  /** Another deployer holds a higher lock generation: this one must not change anything any more. */
  | 'E_FENCED'
  | 'E_SOURCE'
  | 'E_HOOK'
  | 'E_BUG';

export interface ErrorDetails {
  /** One thing to type or to change next. */
  readonly hint?: string;
  readonly server?: string;
  readonly cause?: unknown;
}

export class CutoverError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly server: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'CutoverError';
    this.code = code;
    this.hint = details.hint;
    this.server = details.server;
  }
}

/** The code of an error made by any copy of this package, or null. */
export function errorCode(error: unknown): ErrorCode | null {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : null;
  return typeof code === 'string' && code.startsWith('E_') ? (code as ErrorCode) : null;
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
