import { displayWidth, pad, padStart } from './width.ts';

export interface TableOptions {
  /** Columns of numbers, by index. */
  readonly alignRight?: readonly number[];
}

/** Lines with the cells of each column under one another, two spaces apart, nothing behind the last one. */
export function table(rows: readonly (readonly string[])[], options: TableOptions = {}): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
    });
  }
  const right = new Set(options.alignRight);
  const place = (cell: string, column: number) =>
    right.has(column) ? padStart(cell, widths[column] ?? 0) : pad(cell, widths[column] ?? 0);
  return rows.map((row) => row.map(place).join('  ').trimEnd());
}
