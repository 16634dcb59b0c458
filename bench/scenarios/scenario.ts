import type { Bench } from '../bench.ts';
import type { Outcome } from '../contest/interleave.ts';
import { type Ratio, ratio } from '../contest/spread.ts';
import { rowsOf } from '../contest/table.ts';
import type { Measured } from '../goals.ts';
import type { Options } from '../options.ts';

export interface Scenario {
  readonly name: string;
  /** Too long for --quick, unless it is asked for by name. */
  readonly isLong?: boolean;
  run(bench: Bench, report: Report): Promise<void>;
}

/** What a scenario has to say, as soon as it has it. */
export interface Report {
  table(text: string): void;
  goal(measured: Measured): void;
}

/** The first outcome, which is ours, against a peer with its checkout. */
export function against(outcomes: readonly Outcome[], name: string): Ratio | null {
  return between(outcomes, outcomes[0]?.name ?? '', name);
}

/** The first row whose name starts with `ours` against the first one whose name starts with `theirs`. */
export function between(outcomes: readonly Outcome[], ours: string, theirs: string): Ratio | null {
  const times = (start: string) => rowsOf(outcomes).find((row) => row.name.startsWith(start))?.timesMs ?? [];
  return ratio(times(ours), times(theirs));
}

/** Files in the trees. With --quick one tree serves all scenarios, and a small one those that compare two. */
export function sizesOf({ isQuick }: Options) {
  const usual = 7_000;
  return isQuick
    ? { few: 1_000, usual, many: usual, each: [usual] }
    : { few: 1_000, usual, many: 100_000, each: [1_000, 10_000, 100_000] };
}

export function count(files: number): string {
  return files.toLocaleString('en');
}

/** For goals that ask for another size than was measured. */
export function inSmall(files: number, wanted: number): { note?: string } {
  return files === wanted ? {} : { note: `in small: ${count(files)}` };
}
