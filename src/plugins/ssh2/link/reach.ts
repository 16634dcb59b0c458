import type { Duplex } from 'node:stream';
import { messageOf, type Scope } from '../../../core/contract/index.ts';
import { atDoor } from '../../sessions/doors.ts';
import { hostKeyRefused } from '../hostKeys/explain.ts';
import { fingerprint, keyType } from '../hostKeys/fingerprint.ts';
import { algorithmsFor, hostKeyAlgorithms, type Trust } from '../hostKeys/judge.ts';
import { knownHostsName } from '../hostKeys/knownHosts.ts';
import { loadKnownHosts } from '../hostKeys/load.ts';
import { remember } from '../hostKeys/remember.ts';
import type { Judged } from '../hostKeys/verifier.ts';
import { prepareLogin } from '../login/prepare.ts';
import type { Session } from '../session.ts';
import type { Host } from '../settings/host.ts';
import { attempt } from './attempt.ts';
import { patiently } from './patience.ts';

export interface Way {
  /** A fresh stream to the host's port: TCP, or a channel through the host before. */
  readonly open: (host: Host) => Promise<Duplex>;
  /** True when nothing lies in between. */
  readonly direct: boolean;
  /** True for the server itself, false for a jump before it. */
  readonly isLast: boolean;
  /** Pauses before new tries. */
  readonly retryDelaysMs?: readonly number[];
}

/**
 * Logs in to one host. Its key is checked before anything is sent to it. A fingerprint in the configuration does not
 * say of which type its key is, so a server that shows another one is asked for its keys of the other types.
 */
export async function reach(host: Host, way: Way, scope: Scope): Promise<Session> {
  const trust = await trustIn(host);
  const prepared = await prepareLogin(host, scope);
  const delaysMs = way.retryDelaysMs ?? RETRY_DELAYS_MS;
  let algorithms = hostKeyAlgorithms(trust);
  let refused: Judged | null = null;
  while (algorithms.length > 0) {
    const attempted = {
      host,
      trust,
      prepared,
      hostKeyAlgorithms: algorithms,
      open: way.open,
      isLast: way.isLast,
    };
    const trying = patiently(host, scope, delaysMs, () =>
      atDoor(host.host, host.port, () => attempt(attempted, scope)),
    );
    const outcome = await trying.catch((error: unknown) => {
      // It has no more keys to show: what counts is the one that it did.
      if (refused === null) throw error;
      return null;
    });
    scope.signal.throwIfAborted();
    if (outcome?.type === 'in') {
      await rememberNew(host, trust, outcome.judged, scope);
      return outcome.session;
    }
    refused ??= outcome?.judged ?? null;
    if (outcome === null || outcome.judged.verdict.type !== 'notPinned') break;
    const shown = algorithmsFor(keyType(outcome.judged.key));
    algorithms = algorithms.filter((algorithm) => !shown.includes(algorithm));
  }
  throw hostKeyRefused(shownAs(host, trust, way), refused as Judged);
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

function shownAs(host: Host, trust: Trust, way: Way) {
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
    scope.log(`Accepted ${what}, but could not add it to ${file}: ${messageOf(error)}`);
  }
}
