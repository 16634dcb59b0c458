import { lutimes, mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CutoverError, errorCode } from '../../contract/index.ts';
import type { Engine } from '../../remote/engine.ts';
import { shellEngine } from '../../remote/shell/index.ts';
import { linkTo } from '../../testing/engineHere.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { acquireLocks, type Locks, releaseLocks } from '../acquire.ts';

export interface Contention {
  readonly rounds: number;
  /** Who try at once; each its own shell. */
  readonly takers: number;
  /** `fresh`: nobody holds the lock. `stale`: somebody does who was not heard of for longer than the lease. */
  readonly lock: 'fresh' | 'stale';
  /** How a taker takes. Default: as cutover does. */
  readonly take?: (engines: ReadonlyMap<string, Engine>, taker: string, path: string) => Promise<Locks>;
}

export interface ContentionFigures {
  readonly rounds: number;
  /** Rounds in which not exactly one won. */
  readonly wrongRounds: number;
  /** Rounds after which the lock was not the winner's, although only losers and the dead had given theirs back. */
  readonly lostRounds: number;
}

/** Lets many take one lock of this machine at once, round after round, and counts what must never happen. */
export async function contend(contention: Contention): Promise<ContentionFigures> {
  const { rounds, takers, lock, take = takeAsCutover } = contention;
  const path = await mkdtemp(join(tmpdir(), 'cutover-contention-'));
  const engines = () => new Map([['web1', shellEngine(linkTo(localTransport()), path)]]);
  let [wrongRounds, lostRounds] = [0, 0];
  try {
    for (let round = 1; round <= rounds; round++) {
      const dead = lock === 'stale' ? await abandonedLock(engines(), path) : null;
      const attempts = await Promise.all(
        Array.from({ length: takers }, (_, taker) => attempted(take(engines(), `${round}-${taker}`, path))),
      );
      const winners = attempts.filter((attempt) => attempt !== null);
      if (winners.length !== 1) wrongRounds += 1;
      if (dead !== null) await releaseLocks(engines(), dead.fences);
      const held = winners.map(({ fences }) => fences.get('web1')!.record);
      if (!held.includes((await highest(path)).record)) lostRounds += 1;
      for (const { fences } of winners) await releaseLocks(engines(), fences);
    }
  } finally {
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
  return { rounds, wrongRounds, lostRounds };
}

export function takeAsCutover(
  engines: ReadonlyMap<string, Engine>,
  taker: string,
): ReturnType<typeof acquireLocks> {
  return acquireLocks(engines, {
    by: `${taker}@here`,
    pid: process.pid,
    since: new Date(),
    release: null,
    environment: 'production',
  });
}

/** Null for somebody who found the lock held. */
async function attempted(taking: Promise<Locks>): Promise<Locks | null> {
  try {
    return await taking;
  } catch (error) {
    if (errorCode(error) === 'E_LOCKED') return null;
    throw error;
  }
}

async function abandonedLock(engines: ReadonlyMap<string, Engine>, path: string): Promise<Locks> {
  const locks = await takeAsCutover(engines, 'dead');
  await silence(path, 120);
  return locks;
}

/** Makes it look as if the holder of the highest generation had not been heard of for so long. */
export async function silence(path: string, silentSec: number): Promise<void> {
  const at = new Date(Date.now() - silentSec * 1000);
  const { name } = await highest(path);
  const directory = join(path, '.cutover', 'locks');
  for (const file of await readdir(directory))
    if (file === name || file === `beat-${name}`) await lutimes(join(directory, file), at, at);
}

async function highest(path: string): Promise<{ readonly name: string; readonly record: string }> {
  const directory = join(path, '.cutover', 'locks');
  const name = (await readdir(directory))
    .filter((each) => each.startsWith('g-'))
    .sort()
    .at(-1);
  if (name === undefined) throw new CutoverError('E_BUG', 'Nobody has ever locked.');
  return { name, record: await readlink(join(directory, name)) };
}
