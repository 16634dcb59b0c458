import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface Paired {
  readonly oursMs: Spread;
  readonly peerMs: Spread;
  /** Ours divided by the peer's, pair by pair. */
  readonly ratio: Spread;
}

/** Runs two programs in turn, A B A B …, after one uncounted pair, so that a machine that drifts slows both. */
export async function inPairs(
  ours: () => Promise<unknown>,
  peer: () => Promise<unknown>,
  pairs: number,
): Promise<Paired> {
  const times: (readonly [number, number])[] = [];
  for (let pair = 0; pair <= pairs; pair++) times.push([await timed(ours), await timed(peer)]);
  const counted = times.slice(1);
  return {
    oursMs: spread(counted.map(([a]) => a)),
    peerMs: spread(counted.map(([, b]) => b)),
    ratio: spread(counted.map(([a, b]) => a / b)),
  };
}

/** Starts a program to its end, whatever its exit code. */
export async function program(argv: readonly string[]): Promise<void> {
  const [file, ...args] = argv;
  await run(file!, args).catch((error: NodeJS.ErrnoException) => {
    if (typeof error.code === 'string') throw error;
  });
}

export function showSpread({ min, median, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { min: sorted[0]!, median, max: sorted.at(-1)! };
}
