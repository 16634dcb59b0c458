import { type CutoverError, errorCode, messageOf } from '../contract/index.ts';
import type { Finding } from './results.ts';

export function ok(message: string): Finding {
  return { level: 'ok', message, fix: null, code: null };
}

export function warning(message: string, fix: string): Finding {
  return { level: 'warning', message, fix, code: null };
}

/** Something that a deployment would be refused for. */
export function wrong(message: string, fix: string): Finding {
  return { level: 'error', message, fix, code: null };
}

export function failed(error: unknown): Finding {
  return {
    level: 'error',
    message: messageOf(error),
    fix: (error as Partial<CutoverError>).hint ?? null,
    code: errorCode(error),
  };
}
