import { setTimeout as delay } from 'node:timers/promises';
import { errorCode, type Scope } from '../../../core/contract/index.ts';
import { LoginError } from '../login/login.ts';
import type { Host } from '../settings/host.ts';
import { unreachable } from './unreachable.ts';

/**
 * Tries again where a server hangs up before the handshake: it has too many guests (sshd_config, MaxStartups). Other
 * failures are `E_UNREACHABLE` at once. Pauses are made shorter by chance, so that deployers do not come in step.
 */
export async function patiently<T>(
  host: Host,
  scope: Scope,
  delaysMs: readonly number[],
  attempt: () => Promise<T>,
): Promise<T> {
  for (const delayMs of [...delaysMs, null]) {
    try {
      return await attempt();
    } catch (error) {
      scope.signal.throwIfAborted();
      if (errorCode(error) !== null) throw error;
      if (delayMs === null || !isCrowded(error)) throw unreachable(host, error);
      await delay(delayMs * (0.5 + Math.random() / 2), undefined, { signal: scope.signal }).catch(() => {
        scope.signal.throwIfAborted();
      });
    }
  }
  throw new Error('unreachable code: the last pause is null');
}

/** Hung up before the first word, or a name server that asks for patience. */
function isCrowded(error: unknown): boolean {
  if (error instanceof LoginError && error.stage !== 'handshake') return false;
  const cause = error instanceof LoginError ? error.cause : error;
  const { code, message } = cause as { code?: unknown; message?: unknown };
  return (
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    code === 'EAI_AGAIN' ||
    message === 'Connection lost before handshake'
  );
}
