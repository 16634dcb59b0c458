import { randomBytes } from 'node:crypto';
import { CutoverError } from '../contract/index.ts';
import type { Engine, Fence } from '../remote/engine.ts';
import { formatLockRecord, generationNumber, type LockRecord, parseLockRecord } from './record.ts';

export interface Locks {
  readonly fences: ReadonlyMap<string, Fence>;
  readonly nonce: string;
}

export interface LockRequest {
  readonly by: string;
  readonly pid: number;
  readonly since: Date;
  readonly release: string | null;
  readonly environment: string;
}

const DEADLINE_MS = 60_000;

/**
 * Takes the lock of every server, in the order of their names, so that two deployers cannot each hold half; or of
 * none. Throws `E_LOCKED`, naming who holds it.
 */
export async function acquireLocks(
  engines: ReadonlyMap<string, Engine>,
  request: LockRequest,
): Promise<Locks> {
  const nonce = randomBytes(8).toString('hex');
  const record = formatLockRecord({ ...request, nonce, since: request.since.toISOString() });
  const fences = new Map<string, Fence>();
  try {
    for (const name of [...engines.keys()].sort()) {
      const attempt = await engines.get(name)!.takeLock(record, AbortSignal.timeout(DEADLINE_MS));
      if (!attempt.taken)
        throw locked(name, request.environment, parseLockRecord(attempt.record), attempt.generation);
      fences.set(name, attempt.fence);
    }
    return { fences, nonce };
  } catch (error) {
    await releaseLocks(engines, fences);
    throw error;
  }
}

export interface ReleasedLock {
  readonly server: string;
  /** The text of `current`, read in the same round trip; undefined when the server could not be asked. */
  readonly current: string | null | undefined;
  /** Why the lock was not given back; null when it was. */
  readonly problem: string | null;
}

/** Gives back what was taken, on every server, whatever fails on one of them. */
export async function releaseLocks(
  engines: ReadonlyMap<string, Engine>,
  fences: ReadonlyMap<string, Fence>,
): Promise<readonly ReleasedLock[]> {
  return Promise.all(
    [...fences].map(async ([server, { generation }]): Promise<ReleasedLock> => {
      try {
        const { released, current } = await engines
          .get(server)!
          .releaseLock(generation, AbortSignal.timeout(DEADLINE_MS));
        return {
          server,
          current,
          problem: released ? null : `${server}: the lock was taken over by somebody else`,
        };
      } catch (error) {
        return {
          server,
          current: undefined,
          problem: `${server}: the lock could not be released: ${(error as Error).message}`,
        };
      }
    }),
  );
}

function locked(
  server: string,
  environment: string,
  owner: LockRecord | null,
  generation: string,
): CutoverError {
  const who = owner === null ? 'somebody' : `${owner.by} (process ${owner.pid})`;
  const what = owner?.release ? `, release ${owner.release}` : '';
  return new CutoverError(
    'E_LOCKED',
    `${server} is locked by ${who} since ${owner?.since ?? 'an unknown time'}${what} (generation ${generationNumber(generation)}). Nothing was touched.`,
    { server, hint: `Wait until it is done. If that run is dead: cutover unlock ${environment}` },
  );
}
