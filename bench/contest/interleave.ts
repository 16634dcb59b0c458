import { messageOf } from '../program.ts';

/** One deployment. */
export interface Lap {
  readonly totalMs: number;
  /** The part of it in which git wrote the commit into a work tree; 0 for who needs none. */
  readonly checkoutMs: number;
}

export interface Contestant {
  readonly name: string;
  /** What it lacks on this machine, and how to install it. */
  readonly missing: string | null;
  /** Not timed. */
  before?(): Promise<void>;
  run(): Promise<Lap>;
}

export interface Rounds {
  /** After one more, the first, which does not count. */
  readonly count: number;
  /** Before each round; not timed. */
  each?(): Promise<void>;
  /** After each lap, so that nobody pays for what another left running: how long that went on. */
  settle?(): Promise<number>;
}

export interface Outcome {
  readonly name: string;
  readonly laps: readonly Lap[];
  /** How long it kept the server busy after its end, a figure for each lap. */
  readonly afterMs: readonly number[];
  /** Why there are no laps. */
  readonly trouble: string | null;
}

/** Runs all in turn, A B C A B C …, so that a machine that drifts slows all. Who fails once is out. */
export async function interleave(
  contestants: readonly Contestant[],
  rounds: Rounds,
): Promise<readonly Outcome[]> {
  const state = contestants.map((contestant) => ({
    contestant,
    laps: [] as Lap[],
    afterMs: [] as number[],
    trouble: contestant.missing,
  }));
  for (let round = 0; round <= rounds.count; round++) {
    await rounds.each?.();
    for (const each of state) {
      if (each.trouble !== null) continue;
      try {
        await each.contestant.before?.();
        const lap = await each.contestant.run();
        const afterMs = (await rounds.settle?.()) ?? 0;
        if (round === 0) continue;
        each.laps.push(lap);
        each.afterMs.push(afterMs);
      } catch (error) {
        each.trouble = `failed: ${messageOf(error)}`;
        each.laps.length = 0;
      }
    }
  }
  return state.map(({ contestant, laps, afterMs, trouble }) => ({
    name: contestant.name,
    laps,
    afterMs,
    trouble,
  }));
}
