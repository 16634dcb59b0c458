import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode, type Scope } from '../../../core/contract/index.ts';
import { logIn, type Session } from '../client.ts';
import { hostKeyRefused } from '../hostKeys/explain.ts';
import { fingerprint, keyType } from '../hostKeys/fingerprint.ts';
import { hostKeyAlgorithms, type Trust } from '../hostKeys/judge.ts';
import { knownHostsName } from '../hostKeys/knownHosts.ts';
import { loadKnownHosts } from '../hostKeys/load.ts';
import { remember } from '../hostKeys/remember.ts';
import { hostKeyVerifier, type Judged } from '../hostKeys/verifier.ts';
import { startConversation } from '../login/conversation.ts';
import { LoginError } from '../login/login.ts';
import { type Prepared, prepareLogin } from '../login/prepare.ts';
import type { Host } from '../settings/host.ts';
import { unreachable } from './unreachable.ts';

export interface Way {
  /** A fresh stream to the host's port: TCP, or a channel through the host before. */
  readonly open: (host: Host) => Promise<Duplex>;
  /** True when nothing lies in between. */
  readonly direct: boolean;
  /** Pauses before new tries; each is made shorter by chance, so that many deployers do not come in step. */
  readonly retryDelaysMs?: readonly number[];
}

/**
 * Logs in to one host: its key is checked before anything is sent to it. A server that hangs up before the handshake
 * has too many guests (sshd_config, MaxStartups) and is tried again.
 */
export async function reach(host: Host, way: Way, scope: Scope): Promise<Session> {
  const trust = await trustIn(host);
  const prepared = await prepareLogin(host, scope);
  const delaysMs = way.retryDelaysMs ?? RETRY_DELAYS_MS;
  for (let tries = 0; ; tries++) {
    try {
      return await attempt(host, way, trust, prepared, scope);
    } catch (error) {
      scope.signal.throwIfAborted();
      if (errorCode(error) !== null) throw error;
      const delayMs = delaysMs[tries];
      if (delayMs === undefined || !isCrowded(error)) throw unreachable(host, error);
      await delay(delayMs * (0.5 + Math.random() / 2), undefined, { signal: scope.signal });
    }
  }
}

const RETRY_DELAYS_MS = [400, 1_200, 3_000];

async function trustIn(host: Host): Promise<Trust> {
  const files = [...host.userKnownHostsFiles, ...host.globalKnownHostsFiles];
  const name = host.hostKeyAlias ?? knownHostsName(host.host, host.port);
  return {
    knownHosts: await loadKnownHosts(files),
    name: name.toLowerCase(),
    nameWithoutPort: host.hostKeyAlias === null && host.port !== 22 ? host.host.toLowerCase() : null,
    pinned: host.pinned,
    acceptNew: host.acceptNewHostKeys,
  };
}

async function attempt(
  host: Host,
  way: Way,
  trust: Trust,
  prepared: Prepared,
  scope: Scope,
): Promise<Session> {
  const verifier = hostKeyVerifier(trust);
  const conversation = startConversation(host, prepared);
  const socket = await way.open(host);
  try {
    const session = await logIn({
      socket,
      user: host.user,
      verify: verifier.verify,
      hostKeyAlgorithms: hostKeyAlgorithms(trust),
      nextAttempt: conversation.nextAttempt,
      onRemark: conversation.onRemark,
      timeoutMs: host.connectTimeoutMs,
      keepaliveIntervalMs: host.keepaliveIntervalMs,
      keepaliveCountMax: host.keepaliveCountMax,
      signal: scope.signal,
    });
    await rememberNew(host, trust, verifier.judged(), scope);
    return session;
  } catch (error) {
    if (!(error instanceof LoginError)) throw error;
    const judged = verifier.judged();
    if (judged !== null && !isTrusted(judged)) throw hostKeyRefused(shown(host, trust, way), judged);
    if (error.refused) throw conversation.refused(error);
    throw error;
  }
}

function isTrusted({ verdict }: Judged): boolean {
  return verdict.type === 'trusted' || verdict.type === 'accepted';
}

function shown(host: Host, trust: Trust, way: Way) {
  const file = host.userKnownHostsFiles[0] ?? '~/.ssh/known_hosts';
  return { host: host.host, port: host.port, name: trust.name, file, direct: way.direct };
}

async function rememberNew(host: Host, trust: Trust, judged: Judged | null, scope: Scope): Promise<void> {
  const file = host.userKnownHostsFiles[0];
  if (judged?.verdict.type !== 'accepted' || file === undefined) return;
  const what = `the new host key of ${host.host}:${host.port}, ${keyType(judged.key)} ${fingerprint(judged.key)}`;
  try {
    await remember(file, trust.name, judged.key, { hashed: host.hashKnownHosts });
    scope.log(`Accepted ${what}, and added it to ${file}.`);
  } catch (error) {
    scope.log(`Accepted ${what}, but could not add it to ${file}: ${(error as Error).message}`);
  }
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
