import { messageOf } from '../core/contract/index.ts';

/** Why a connection over the network failed, in words; the error's own text where the cause is not a common one. */
export function networkFailure(error: unknown): string {
  const { code, message } = innermost(error);
  return WORDS[code] ?? message;
}

/** The system's name of the failure, such as `ECONNRESET`; empty: it has none. */
export function networkCode(error: unknown): string {
  return innermost(error).code;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'this name is not known to DNS',
  EAI_AGAIN: 'the name server did not answer',
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'nothing answered in time',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to its network',
  EHOSTDOWN: 'it is down',
  // The text of the error may hold the proxy's password.
  ERR_PROXY_TUNNEL: 'the proxy does not let it through',
  UND_ERR_SOCKET: 'the connection was closed before the answer came',
};

/** Node wraps the failures of several addresses in one error, and fetch wraps that again. */
function innermost(error: unknown): { readonly code: string; readonly message: string } {
  const given = error as { code?: unknown; cause?: unknown; errors?: readonly unknown[] } | null | undefined;
  if (typeof given?.code === 'string') return { code: given.code, message: messageOf(error) };
  const inner = given?.errors?.[0] ?? given?.cause;
  return inner === undefined ? { code: '', message: messageOf(error) } : innermost(inner);
}
