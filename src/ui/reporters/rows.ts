import type { Plan } from '../../core/plan/types.ts';
import { formatSeconds } from '../format.ts';
import type { Style } from '../style.ts';
import type { Terminal } from '../terminal.ts';
import { cut, displayWidth } from '../width.ts';
import { plural } from '../wording.ts';
import { flat, isActive, type Row, rowText } from './row.ts';

/** Chooses which servers the live frame shows, and where. */
export interface Rows {
  /** Lines for the frame, each narrower than the terminal and together lower than it. */
  lines(rows: readonly Row[], plan: Plan | null, nowMs: number): readonly string[];
}

const FEWEST_ROWS = 12;
const MOST_NAME_COLUMNS = 24;

/**
 * Every server when they fit, else those at work, then those that failed, and how many are not shown. A server that
 * stays in sight stays in its line, so that nothing moves about while fifty of them go their ways.
 */
export function createRows(terminal: Terminal, style: Style): Rows {
  let places: readonly string[] = [];
  return {
    lines(rows, plan, nowMs) {
      const columns = terminal.columns - 1;
      const group = plan === null ? null : groupLine(rows, plan, nowMs);
      // The cursor stands below the last line.
      const height = Math.max(1, terminal.rows - 1 - (group === null ? 0 : 1));
      const most = Math.min(height, Math.max(FEWEST_ROWS, Math.floor(terminal.rows / 2)));
      const isAll = rows.length <= most;
      const shown = isAll ? rows : chosen(rows, Math.min(most, height - 1), places);
      places = isAll ? [] : shown.map(({ name }) => name);
      const widest = Math.max(0, ...shown.map((row) => displayWidth(flat(row.name))));
      const nameWidth = Math.min(widest, MOST_NAME_COLUMNS);
      const batches = plan?.batches ?? [];
      const texts = shown.map((row) => rowText(row, { nameWidth, columns, nowMs, style, batches }));
      const more = isAll ? [] : [moreText(rows, shown)];
      const notes = [...more, ...(group === null ? [] : [group])];
      const lines = [...texts, ...notes.map((text) => style.dim(cut(`  ${text}`, columns)))];
      return lines.slice(0, Math.max(1, terminal.rows - 1));
    },
  };
}

/** Who is worth a line most; of equals those that have one, then the first. */
function chosen(rows: readonly Row[], most: number, places: readonly string[]): readonly Row[] {
  const had = new Set(places);
  const best = [...rows]
    .sort((a, b) => rank(a) - rank(b) || Number(had.has(b.name)) - Number(had.has(a.name)))
    .slice(0, most);
  const byName = new Map(best.map((row) => [row.name, row]));
  const fresh = best.filter(({ name }) => !had.has(name));
  const kept = places.slice(0, most).map((name) => byName.get(name) ?? fresh.shift());
  const placed = new Set(kept.map((row) => row?.name));
  const rest = best.filter(({ name }) => !placed.has(name));
  return [...kept.filter((row) => row !== undefined), ...rest];
}

function rank(row: Row): number {
  if (isActive(row)) return 0;
  return row.state === 'failed' ? 1 : row.state === 'waiting' ? 3 : 2;
}

/** `38 more, 30 at work, 2 failed` */
function moreText(rows: readonly Row[], shown: readonly Row[]): string {
  const seen = new Set(shown);
  const hidden = rows.filter((row) => !seen.has(row));
  const failed = hidden.filter(({ state }) => state === 'failed').length;
  const count = shown.length === 0 ? plural(hidden.length, 'server') : `${hidden.length} more`;
  const working = `${hidden.filter(isActive).length} at work`;
  return `${count}, ${working}${failed === 0 ? '' : `, ${failed} failed`}`;
}

/** What the group waits for, where servers change over batch by batch; null before that begins and once it is over. */
function groupLine(rows: readonly Row[], plan: Plan, nowMs: number): string | null {
  const { batches, pauseMs } = plan;
  if (batches.length < 2 || rows.some(({ state }) => state === 'undoing' || state === 'failed')) return null;
  const byName = new Map(rows.map((row) => [row.name, row]));
  const done = batches.findIndex((batch) => !batch.every((name) => byName.get(name)?.isLive));
  if (done === -1) return null;
  const hasBegun = batches[done]!.some((name) => byName.get(name)?.isSwitching);
  if (hasBegun) return `Batch ${done + 1} of ${batches.length} changes over`;
  if (done === 0) return null;
  const liveMs = Math.max(...batches[done - 1]!.map((name) => byName.get(name)?.sinceMs ?? 0));
  const leftMs = Math.max(0, liveMs + pauseMs - nowMs);
  return `Batch ${done} of ${batches.length} is live, the next one follows in ${formatSeconds(leftMs + 999)}`;
}
