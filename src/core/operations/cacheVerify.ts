import pLimit from 'p-limit';
import type { Config } from '../config/types.ts';
import { CutoverError } from '../contract/index.ts';
import type { Engine } from '../remote/engine.ts';
import type { LockSeen, Observation } from '../remote/observation.ts';
import type { Verification } from '../sync/verification.ts';
import { asFailure } from '../transaction/failure.ts';
import type { CacheVerifyResult, VerifiedCache } from './cacheResults.ts';
import { lockOwner } from './lockOwner.ts';
import { environmentNamed, type Group, openGroup, requireUncancelled, settleGroup } from './openGroup.ts';
import { emitNow, type Runtime } from './runtime.ts';

/**
 * Reads every deploy-cache whole and compares it with what was uploaded. Takes no lock and changes nothing; a server that
 * cannot be reached, or verified, is part of the answer.
 */
export async function verifyCache(
  runtime: Runtime,
  config: Config,
  name: string,
  servers: readonly string[],
): Promise<CacheVerifyResult> {
  await using group = await openGroup(runtime, config, environmentNamed(config, name), servers);
  const looks = await settleGroup(group, runtime.cancel);
  const limit = pLimit(VERIFIED_AT_ONCE);
  const verified = await Promise.all(
    [...looks].map(([server, look]) => limit(() => verifiedOn(runtime, group, server, look))),
  );
  requireUncancelled(runtime.cancel);
  return { environment: name, servers: verified };
}

/** They are other machines, and each has its own work. */
const VERIFIED_AT_ONCE = 32;

async function verifiedOn(
  runtime: Runtime,
  group: Group,
  name: string,
  look: PromiseSettledResult<Observation>,
): Promise<VerifiedCache> {
  const nothing = { name, files: 0, hashed: false, differences: [], notes: [] };
  if (look.status === 'rejected') return { ...nothing, failure: asFailure(look.reason) };
  const notes = standingNotes(look.value, group.environment.name);
  try {
    const engine = group.engines.get(name)!;
    const found = await verifyOne(runtime, engine, look.value);
    const moved = found.differences.length > 0 ? await movedNotes(runtime, engine, look.value) : [];
    return { ...found, name, notes: [...notes, ...moved], failure: null };
  } catch (error) {
    return { ...nothing, notes, failure: asFailure(error) };
  }
}

const VERIFY_DEADLINE_MS = 6 * 60 * 60_000;

/**
 * The cache of one server. Throws `E_CAPABILITY` where it cannot be verified, and `E_REFUSED` where nobody knows what it
 * should hold.
 */
export async function verifyOne(runtime: Runtime, engine: Engine, seen: Observation): Promise<Verification> {
  const { server } = engine;
  const { head, hash } = seen.cache;
  if (hash === null) return { files: 0, hashed: false, differences: [] };
  if (head === null) {
    throw new CutoverError('E_REFUSED', `${server}: nobody can read what the deploy-cache should hold.`, {
      server,
      hint: 'Deploy with --full to send everything again.',
    });
  }
  const { files, bytes } = head.totals;
  emitNow(runtime, {
    type: 'log',
    server,
    message: `verifying ${files} ${files === 1 ? 'file' : 'files'} of the deploy-cache, ${bytes} bytes`,
  });
  return engine.verify(AbortSignal.any([runtime.cancel, AbortSignal.timeout(VERIFY_DEADLINE_MS)]));
}

/** What was so before it began. */
function standingNotes(seen: Observation, environment: string): readonly string[] {
  const owner = lockOwner(seen.lock);
  const runs = owner !== null && owner.message === null;
  if (seen.cache.hash === null) return ['There is no deploy-cache: the next deployment sends everything.'];
  return [
    ...(runs
      ? [`It is locked by ${owner.by} since ${owner.since}: what is found may be the work of that run.`]
      : []),
    ...(seen.journal !== null && !runs
      ? [`A transaction is open there: cutover resume ${environment} ends it.`]
      : []),
    ...(seen.cache.pending
      ? ['An upload was interrupted there: what it left half done is sent again by the next deployment.']
      : []),
  ];
}

/** A run may have begun, and ended, while the files were read. */
async function movedNotes(runtime: Runtime, engine: Engine, before: Observation): Promise<readonly string[]> {
  const after = await engine.observe([], AbortSignal.any([runtime.cancel, AbortSignal.timeout(60_000)]));
  return isSameLock(before.lock, after.lock)
    ? []
    : ['Somebody took the lock meanwhile: what was found may be the work of that run. Verify again.'];
}

function isSameLock(one: LockSeen, other: LockSeen): boolean {
  return one.generation === other.generation && one.record === other.record;
}
