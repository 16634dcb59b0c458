import type { Outcome } from './interleave.ts';
import { ratio, showSpread, spread } from './spread.ts';

export interface Row {
  readonly name: string;
  readonly timesMs: readonly number[];
  readonly afterMs: readonly number[];
  readonly trouble: string | null;
}

export interface TableOptions {
  readonly title: string;
  /** The same contest without delay, to count the round trips. */
  readonly near?: { readonly outcomes: readonly Outcome[]; readonly roundTripMs: number };
}

/** A row for each outcome, and one without the checkout for who needs a work tree. */
export function rowsOf(outcomes: readonly Outcome[]): readonly Row[] {
  return outcomes.flatMap(({ name, laps, afterMs, trouble }): readonly Row[] => {
    const timesMs = laps.map((lap) => lap.totalMs);
    if (!laps.some((lap) => lap.checkoutMs > 0)) return [{ name, timesMs, afterMs, trouble }];
    const without = laps.map((lap) => lap.totalMs - lap.checkoutMs);
    return [
      { name: `${name}, git checkout before it included`, timesMs, afterMs, trouble },
      { name: `${name}, without that checkout`, timesMs: without, afterMs, trouble },
    ];
  });
}

/** The first outcome is ours: the others' ratios are ours divided by theirs. */
export function contestTable(outcomes: readonly Outcome[], options: TableOptions): string {
  const rows = rowsOf(outcomes);
  const ours = rows[0]?.timesMs ?? [];
  const near =
    options.near === undefined ? null : new Map(rowsOf(options.near.outcomes).map((row) => [row.name, row]));
  const lines = rows.map((row, index) => {
    if (row.trouble !== null) return [row.name, row.trouble, '', '', ...(near ? [''] : [])];
    const seconds = spread(row.timesMs.map((ms) => ms / 1000));
    const against = index === 0 ? null : ratio(ours, row.timesMs);
    const after = spread(row.afterMs.map((ms) => ms / 1000));
    return [
      row.name,
      seconds === null ? '' : showSpread(seconds, 2),
      against === null ? '' : showSpread(against.pairs, 2),
      after === null || after.median < 0.1 ? '' : after.median.toFixed(1),
      ...(near ? [roundTrips(row, near.get(row.name), options.near?.roundTripMs ?? 1)] : []),
    ];
  });
  const head = [
    options.title,
    'seconds',
    'cutover ÷ it',
    'goes on after its end, s',
    ...(near ? ['round trips'] : []),
  ];
  return markdown(head, lines);
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** How often it waited for the other side: what the delay costs, in delays. */
function roundTrips(far: Row, near: Row | undefined, roundTripMs: number): string {
  const [a, b] = [spread(far.timesMs), spread(near?.timesMs ?? [])];
  return a === null || b === null ? '' : ((a.median - b.median) / roundTripMs).toFixed(1);
}
