import { messageOf } from '../../../core/contract/index.ts';

/** Why a connection failed, in words. */
export function wordsFor(error: unknown): string {
  const { code, message } = innermost(error);
  const refused = /Channel open failure: (.+)/.exec(message)?.[1];
  if (refused !== undefined) return `the jump host could not reach it (${refused})`;
  return BY_CODE[code] ?? BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1] ?? message;
}

const BY_CODE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'this name is not known to DNS',
  EAI_AGAIN: 'the name server did not answer',
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'nothing answered in time',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to its network',
  EHOSTDOWN: 'it is down',
};

const BY_MESSAGE: readonly (readonly [RegExp, string])[] = [
  [/^Connection lost before handshake/, 'the server closed the connection before the handshake'],
  [/^Timed out while waiting for handshake/, 'the server did not finish the handshake in time'],
  [/^Keepalive timeout/, 'the server no longer answers'],
];

/** Node wraps the failures of several addresses in one error. */
function innermost(error: unknown): { readonly code: string; readonly message: string } {
  const given = error as { code?: unknown; cause?: unknown; errors?: readonly unknown[] } | null | undefined;
  if (typeof given?.code === 'string') return { code: given.code, message: messageOf(error) };
  const inner = given?.errors?.[0] ?? given?.cause;
  return inner === undefined ? { code: '', message: messageOf(error) } : innermost(inner);
}
