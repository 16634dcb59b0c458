import type { Engine, Fence, LockTrial } from '../remote/engine.ts';
import { releaseLocks } from './release.ts';

export interface Together {
  /** All locks; null when one could not be got: none is ours then. */
  readonly fences: ReadonlyMap<string, Fence> | null;
  /** What came of each, by the name of the server. */
  readonly trials: ReadonlyMap<string, PromiseSettledResult<LockTrial>>;
}

/**
 * Tries for the locks of all servers at once. As soon as one cannot be got, those that were are given back, and those
 * that come later too. Two who do so may each keep the other from all of them: whoever has to have the locks goes on
 * one by one, in the order of names, where no two can.
 * `isWanted`: false once one could not be got.
 */
export async function takeTogether(
  engines: ReadonlyMap<string, Engine>,
  take: (engine: Engine, isWanted: () => boolean) => Promise<LockTrial>,
): Promise<Together> {
  const fences = new Map<string, Fence>();
  const returns: Promise<unknown>[] = [];
  let isWanted = true;
  const breakOff = () => {
    isWanted = false;
    returns.push(releaseLocks(engines, new Map(fences)));
    fences.clear();
  };
  const settled = await Promise.allSettled(
    [...engines].map(async ([server, engine]) => {
      try {
        const trial = await take(engine, () => isWanted);
        if (trial.taken) fences.set(server, trial.fence);
        if (!trial.taken || !isWanted) breakOff();
        return trial;
      } catch (error) {
        breakOff();
        throw error;
      }
    }),
  );
  await Promise.all(returns);
  const trials = new Map([...engines.keys()].map((server, index) => [server, settled[index]!]));
  return { fences: isWanted ? inOrder(engines, fences) : null, trials };
}

function inOrder<T>(engines: ReadonlyMap<string, unknown>, found: ReadonlyMap<string, T>): Map<string, T> {
  return new Map([...engines.keys()].map((server) => [server, found.get(server)!]));
}
