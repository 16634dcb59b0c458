import type { Config } from '../config/types.ts';
import { CutoverError } from '../contract/index.ts';
import { type ReleasedLock, whatIsServed } from '../lock/release.ts';
import { liveRelease } from '../plan/planDeployment.ts';
import type { Observation } from '../remote/observation.ts';
import type { CacheDifference } from '../sync/verification.ts';
import { asFailure } from '../transaction/failure.ts';
import { mendCache } from './cacheMend.ts';
import type { CacheRepairResult, RepairedCache } from './cacheResults.ts';
import { contentFinder, type FindContent } from './cacheSource.ts';
import { verifyOne } from './cacheVerify.ts';
import { lockGroup } from './groupLocks.ts';
import { type HeldLocks, holdLocks } from './heldLocks.ts';
import { abandonLocks } from './lockFirst.ts';
import { environmentNamed, type Group, observeGroup, openGroup, requireUncancelled } from './openGroup.ts';
import { refuseOpenTransaction } from './openTransaction.ts';
import type { Runtime } from './runtime.ts';

export interface CacheRepairRequest {
  readonly environment: string;
  readonly servers: readonly string[];
  /** For how long to wait while another run holds a lock; 0: not at all. */
  readonly lockWaitMs: number;
}

/**
 * Verifies every deploy-cache under its lock, mends what differs, and verifies once more. Needs no end: what was cut short
 * is found and mended by the next one. What fails on one server stops no other.
 * Throws `E_LOCKED`, `E_OPEN_TRANSACTION` and what `observeGroup` throws, with nothing touched.
 */
export async function repairCache(
  runtime: Runtime,
  config: Config,
  request: CacheRepairRequest,
): Promise<CacheRepairResult> {
  const environment = environmentNamed(config, request.environment);
  await using group = await openGroup(runtime, config, environment, request.servers, { warm: true });
  const first = await observeGroup(group, runtime.cancel);
  if ([...first.values()].every(({ cache }) => cache.hash === null)) {
    return { environment: environment.name, servers: [...first.keys()].map(untouched) };
  }
  const lock = { release: null, waitMs: request.lockWaitMs, message: null };
  const held = holdLocks(runtime, group, await lockGroup(runtime, group, lock));
  try {
    requireUncancelled(runtime.cancel);
    refuseOpenTransaction(held.locks.seen, environment.name);
    await using finder = contentFinder(runtime, config, environment);
    const repaired = await Promise.all(
      [...held.locks.seen].map(([name, seen]) =>
        repairOne({ runtime, group, held, findContent: finder.find, name, seen }),
      ),
    );
    if (runtime.cancel.aborted) throw interrupted(environment.name);
    const released = new Map((await held.release()).map((lock) => [lock.server, lock]));
    const servers = repaired.map((each) => withServed(each, released.get(each.name)!, environment.name));
    return { environment: environment.name, servers };
  } finally {
    await abandonLocks(runtime, held);
  }
}

function untouched(name: string): RepairedCache {
  return { name, files: 0, hashed: false, mended: [], differences: [], problems: [], failure: null };
}

interface OneRepair {
  readonly runtime: Runtime;
  readonly group: Group;
  readonly held: HeldLocks;
  readonly findContent: FindContent;
  readonly name: string;
  readonly seen: Observation;
}

async function repairOne(repair: OneRepair): Promise<RepairedCache> {
  const { runtime, group, held, findContent, name, seen } = repair;
  const engine = group.engines.get(name)!;
  let known = untouched(name);
  try {
    const found = await verifyOne(runtime, engine, seen);
    known = { ...known, ...found };
    const differences = found.differences.filter(isTellable);
    if (differences.length === 0) return { ...known, problems: strangeNames(found.differences) };
    const { generation, record } = held.locks.fences.get(name)!;
    await mendCache({
      engine,
      fence: { generation, record },
      seen,
      environment: group.environment.name,
      differences,
      now: runtime.now(),
      findContent,
      cancel: runtime.cancel,
    });
    const after = await verifyOne(runtime, engine, seen);
    const left = new Set(after.differences.map(({ path }) => path));
    const mended = differences.filter(({ path }) => !left.has(path));
    const problems = [...liveProblems(mended, seen), ...strangeNames(after.differences)];
    return { ...known, ...after, mended, problems };
  } catch (error) {
    return { ...known, failure: asFailure(error) };
  }
}

/** Who took the lock over may deploy by now, so what the server serves is read back. */
function withServed(repaired: RepairedCache, lock: ReleasedLock, environment: string): RepairedCache {
  const { failure } = repaired;
  if (failure?.code !== 'E_FENCED') return repaired;
  const message = `${failure.message}; what was mended until then stays mended\n${whatIsServed(lock)}`;
  return { ...repaired, failure: { ...failure, message, hint: failure.hint ?? again(environment) } };
}

/** A name that is not UTF-8 came with marks in its place: nobody can name it to the server. */
function isTellable({ path }: CacheDifference): boolean {
  return !path.includes('\ufffd');
}

function strangeNames(differences: readonly CacheDifference[]): readonly string[] {
  return differences
    .filter((each) => !isTellable(each))
    .map(({ path }) => `${path}: its name is not valid UTF-8, so it stays: remove it on the server`);
}

/** What was wrong was served. */
function liveProblems(mended: readonly CacheDifference[], seen: Observation): readonly string[] {
  const live = liveRelease(seen);
  return mended
    .filter((each) => each.live)
    .map(
      ({ path, kind }) =>
        `${path}: the live release ${live} had ${WRONG[kind] ?? 'it wrong'} too; it has what was uploaded again`,
    );
}

const WRONG: Readonly<Partial<Record<CacheDifference['kind'], string>>> = {
  content: 'the wrong content',
  mode: 'the wrong mode',
  time: 'the wrong time',
};

function again(environment: string): string {
  return `cutover cache repair ${environment}`;
}

function interrupted(environment: string): CutoverError {
  return new CutoverError('E_INTERRUPTED', 'Interrupted; what was mended until then stays mended.', {
    hint: again(environment),
  });
}
