import { appendFileSync } from 'node:fs';
import { summary, type Trial } from './trial.ts';

/**
 * Runs a trial for each point and prints what became of them. `CUTOVER_FAULTS_EACH=10` takes every tenth point only.
 * Gives the violations.
 */
export async function tryAll<Point>(
  title: string,
  points: readonly Point[],
  attempt: (point: Point) => Promise<Trial>,
): Promise<readonly string[]> {
  const each = Number(process.env.CUTOVER_FAULTS_EACH ?? 1);
  const begunAt = performance.now();
  const trials: Trial[] = [];
  for (const [index, point] of points.entries()) {
    if (index % each !== 0) continue;
    const trial = await attempt(point);
    trials.push(trial);
    for (const violation of trial.violations) say(`${title}: ${trial.name}: ${violation}`);
  }
  const { text, wrong } = summary(trials);
  for (const line of table(trials)) say(line);
  say(`${title}: ${text}, ${Math.round((performance.now() - begunAt) / 1000)} s`);
  return wrong;
}

/** What became of each trial, with how many violations. */
function table(trials: readonly Trial[]): readonly string[] {
  const cells = trials.flatMap(({ cell, violations }) =>
    cell
      ? [{ ...cell, text: violations.length > 0 ? `${cell.text}, ${violations.length} WRONG` : cell.text }]
      : [],
  );
  if (cells.length === 0) return [];
  const columns = [...new Set(cells.map(({ column }) => column))];
  const rows = [...new Set(cells.map(({ row }) => row))].map((row) => [
    row,
    ...columns.map((column) => cells.find((each) => each.row === row && each.column === column)?.text ?? ''),
  ]);
  const all = [['', ...columns], ...rows];
  const widths = all[0]!.map((_, index) => Math.max(...all.map((line) => line[index]!.length)));
  return all.map((line) =>
    line
      .map((text, index) => text.padEnd(widths[index]!))
      .join('  ')
      .trimEnd(),
  );
}

/** Past the test runner, which holds back what a test prints until it has ended. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
  const file = process.env.CUTOVER_FAULTS_LOG;
  if (file !== undefined) appendFileSync(file, `${line}\n`);
}

/** So many of the points, from all over the list. */
export function spread<Point>(points: readonly Point[], count: number): readonly Point[] {
  const wanted = Math.min(count, points.length);
  return Array.from(
    { length: wanted },
    (_, index) => points[Math.floor(((index + 0.5) * points.length) / wanted)]!,
  );
}
