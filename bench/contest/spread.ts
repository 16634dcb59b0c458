export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface Ratio {
  readonly ofMedians: number;
  /** Round by round. */
  readonly pairs: Spread;
}

/** Null when there is nothing to spread. */
export function spread(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { min: sorted[0]!, median, max: sorted.at(-1)! };
}

/** Ours divided by the other's. Null when one of the two has no values. */
export function ratio(ours: readonly number[], theirs: readonly number[]): Ratio | null {
  const pairs = spread(ours.slice(0, theirs.length).map((value, round) => value / theirs[round]!));
  const a = spread(ours);
  const b = spread(theirs);
  return pairs === null || a === null || b === null ? null : { ofMedians: a.median / b.median, pairs };
}

export function showSpread({ min, median, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
}
