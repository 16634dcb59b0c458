import type { Duplex } from 'node:stream';
import type { Scope } from '../../../core/contract/index.ts';
import { logIn } from '../client.ts';
import type { Trust } from '../hostKeys/judge.ts';
import { hostKeyVerifier, type Judged } from '../hostKeys/verifier.ts';
import { startConversation } from '../login/conversation.ts';
import { LoginError } from '../login/login.ts';
import type { Prepared } from '../login/prepare.ts';
import type { Session } from '../session.ts';
import type { Host } from '../settings/host.ts';

export interface Attempted {
  readonly host: Host;
  readonly trust: Trust;
  readonly prepared: Prepared;
  readonly hostKeyAlgorithms: readonly string[];
  readonly open: (host: Host) => Promise<Duplex>;
  /** The server itself, and no jump before it: sessions will be wanted. */
  readonly isLast: boolean;
}

/** Either in, with the key that the server has shown, or out because of that key. */
export type Outcome =
  | { readonly type: 'in'; readonly session: Session; readonly judged: Judged | null }
  | { readonly type: 'refused'; readonly judged: Judged };

/** One connection and one login. Throws what made it fail, unless that was the host key. */
export async function attempt(attempted: Attempted, scope: Scope): Promise<Outcome> {
  const { host, trust, prepared, hostKeyAlgorithms } = attempted;
  const verifier = hostKeyVerifier(trust);
  const conversation = startConversation(host, prepared);
  const socket = await attempted.open(host);
  try {
    const session = await logIn({
      socket,
      user: host.user,
      verify: verifier.verify,
      hostKeyAlgorithms,
      opensAhead: attempted.isLast && prepared.tries.length === 1,
      nextAttempt: conversation.nextAttempt,
      onRemark: conversation.onRemark,
      timeoutMs: host.connectTimeoutMs,
      keepaliveIntervalMs: host.keepaliveIntervalMs,
      keepaliveCountMax: host.keepaliveCountMax,
      signal: scope.signal,
    });
    return { type: 'in', session, judged: verifier.judged() };
  } catch (error) {
    if (!(error instanceof LoginError)) throw error;
    const judged = verifier.judged();
    if (judged !== null && !isTrusted(judged)) return { type: 'refused', judged };
    throw error.refused ? conversation.refused(error) : error;
  }
}

function isTrusted({ verdict }: Judged): boolean {
  return verdict.type === 'trusted' || verdict.type === 'accepted';
}
