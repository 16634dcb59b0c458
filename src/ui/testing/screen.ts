import type { Terminal } from '../terminal.ts';

/** A terminal that understands what the live frame may use, and throws at any other escape sequence. */
export interface Screen extends Terminal {
  columns: number;
  /** What is to be seen, without empty lines at the end. */
  lines(): readonly string[];
  /** How many times a character did not fit on its line. */
  wraps(): number;
  writes(): number;
  isCursorVisible(): boolean;
}

export function createScreen(columns: number, rows: number, color = false): Screen {
  let grid: string[][] = [[]];
  let row = 0;
  let column = 0;
  let wraps = 0;
  let writes = 0;
  let isCursorVisible = true;

  const lineFeed = () => {
    row += 1;
    column = 0;
    while (grid.length <= row) grid.push([]);
  };
  const put = (character: string) => {
    const width = cells(character);
    if (column + width > screen.columns) {
      wraps += 1;
      lineFeed();
    }
    const line = grid[row]!;
    while (line.length < column) line.push(' ');
    if (width === 0) line[column - 1] = (line[column - 1] ?? '') + character;
    else line.splice(column, width, character, ...Array<string>(width - 1).fill(''));
    column += width;
  };
  const control = (sequence: string) => {
    const up = /^\x1b\[(\d+)A$/.exec(sequence)?.[1];
    if (up !== undefined) row = Math.max(0, grid.length - rows, row - Number(up));
    else if (sequence === '\x1b[K') grid[row]!.length = Math.min(grid[row]!.length, column);
    else if (sequence === '\x1b[J') {
      grid = grid.slice(0, row + 1);
      grid[row]!.length = Math.min(grid[row]!.length, column);
    } else if (sequence === '\x1b[?25l') isCursorVisible = false;
    else if (sequence === '\x1b[?25h') isCursorVisible = true;
    else if (sequence === '\n') lineFeed();
    else if (sequence === '\r') column = 0;
    else if (!/^\x1b\[[0-9;]*m$/.test(sequence)) throw new Error(`Not expected: ${JSON.stringify(sequence)}`);
  };

  const screen: Screen = {
    columns,
    rows,
    color,
    isTTY: true,
    write: (text) => {
      writes += 1;
      for (const [token] of text.matchAll(/\x1b(?:\[[0-9;?]*[A-Za-z])?|./gsu)) {
        if (/^[\x00-\x1f\x7f-\x9f]/.test(token)) control(token);
        else put(token);
      }
    },
    lines: () => {
      const lines = grid.map((line) => line.join('').trimEnd());
      while (lines.at(-1) === '') lines.pop();
      return lines;
    },
    wraps: () => wraps,
    writes: () => writes,
    isCursorVisible: () => isCursorVisible,
  };
  return screen;
}

/** What a common terminal makes of the few kinds of characters that the tests use. */
function cells(character: string): number {
  const code = character.codePointAt(0)!;
  if ((code >= 0x300 && code <= 0x36f) || code === 0x200d || code === 0xfe0f) return 0;
  return (code >= 0x3041 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7a3) || code >= 0x1f300 ? 2 : 1;
}
