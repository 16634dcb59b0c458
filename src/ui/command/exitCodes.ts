import type { ErrorCode } from '../../core/contract/index.ts';
import type { RepairedCache, VerifiedCache } from '../../core/operations/cacheResults.ts';
import type { ProbeResult } from '../../core/operations/probe/result.ts';
import type {
  CheckResult,
  MarksResult,
  NotifyTestResult,
  ServerResult,
  TransactionResult,
} from '../../core/operations/results.ts';

const OF_ERRORS: Readonly<Partial<Record<ErrorCode, number>>> = {
  E_BUG: 1,
  E_USAGE: 2,
  E_CONFIG: 2,
  E_PLUGIN: 3,
  E_REFUSED: 4,
  E_STALE: 4,
  E_SOURCE: 4,
  E_CAPABILITY: 4,
  E_DISK_FULL: 4,
  E_UNREACHABLE: 10,
  E_AUTHENTICATION: 10,
  E_HOST_KEY: 10,
  E_REMOTE: 10,
  E_UNKNOWN: 10,
  E_TIMEOUT: 10,
  E_LOCKED: 11,
  E_FENCED: 11,
  E_COMPENSATED: 12,
  E_STRANDED: 13,
  E_OPEN_TRANSACTION: 14,
  E_INTERRUPTED: 130,
};

/** For an error thrown outside of a transaction, when nothing of a release was touched. */
export function exitCodeOf(code: ErrorCode | null): number {
  return (code === null ? undefined : OF_ERRORS[code]) ?? 1;
}

/** For a transaction that has ended, from what the servers serve. */
export function exitCodeOfResult(result: TransactionResult): number {
  if (result.outcome === 'stranded') return 13;
  if (result.outcome === 'compensated') return result.interrupted ? 130 : 12;
  return result.servers.every(isAsWanted) ? 0 : 13;
}

/** Where a policy lets the others stay, a server that failed needs a person. */
function isAsWanted({ outcome, failure }: ServerResult): boolean {
  return outcome !== 'compensated' && failure === null;
}

/** A server that could not be marked goes on as before. */
export function exitCodeOfMarks({ servers }: MarksResult): number {
  return servers.every(({ error }) => error === null) ? 0 : 10;
}

/** A notifier that does not take what it is sent does not work. */
export function exitCodeOfNotifyTest({ notifiers }: NotifyTestResult): number {
  return notifiers.every(({ notices }) => notices.every(({ problem }) => problem === null)) ? 0 : 3;
}

/** A finding that would stop a deployment is a refusal; one server out of reach is that. */
export function exitCodeOfCheck(result: CheckResult): number {
  const ofServers = result.servers.flatMap((server) => server.findings);
  const findings = [...result.source, ...result.extensions, ...ofServers];
  const errors = findings.filter(({ level }) => level === 'error');
  if (errors.length === 0) return 0;
  return errors.some((error) => error.code !== null && exitCodeOf(error.code) === 10) ? 10 : 4;
}

/** One server out of reach counts for more than one that could not be deployed to. */
export function exitCodeOfProbe({ servers }: ProbeResult): number {
  const codes = servers.flatMap(({ failure }) => (failure === null ? [] : [exitCodeOf(failure.code)]));
  if (codes.includes(1)) return 1;
  return Math.max(0, ...codes);
}

/** What differs is what `check` calls an error; servers out of reach, and locks that were lost, have codes of their own. */
export function exitCodeOfCache(
  servers: readonly Pick<VerifiedCache | RepairedCache, 'differences' | 'failure'>[],
): number {
  const codes = servers.flatMap(({ failure }) => (failure === null ? [] : [exitCodeOf(failure.code)]));
  if (codes.includes(1)) return 1;
  const differ = servers.some(({ differences }) => differences.length > 0);
  return Math.max(differ ? 4 : 0, ...codes);
}
