import type { Terminal } from '../terminal.ts';
import { displayWidth } from '../width.ts';

/** Lines at the bottom of a terminal that are drawn over, and a story above them that stays. */
export interface Frame {
  /** Writes the story's new lines, then draws the rows below them. Writes nothing when nothing has changed. */
  paint(story: readonly string[], rows: readonly string[]): void;
  /** Takes the rows away and shows the cursor again. */
  close(story: readonly string[]): void;
}

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const ERASE_BELOW = '\x1b[J';
const ERASE_LINE_END = '\x1b[K';

/** Rows must be narrower than the terminal; lines of the story may wrap. */
export function createFrame(terminal: Terminal): Frame {
  let drawn: readonly string[] = [];
  let isCursorHidden = false;

  const toTop = () => {
    const height = drawn.reduce((sum, row) => sum + heightOf(row, terminal.columns), 0);
    return height === 0 ? '' : `\x1b[${height}A\r`;
  };
  const replace = (story: readonly string[], rows: readonly string[]) => {
    const above = story.length === 0 ? '' : `${ERASE_BELOW}${story.join('\n')}\n`;
    const below = rows.map((row) => `${row}${ERASE_LINE_END}\n`).join('');
    const text = toTop() + above + below + (drawn.length === 0 ? '' : ERASE_BELOW);
    drawn = rows;
    return text;
  };

  return {
    paint: (story, rows) => {
      if (story.length === 0 && isSame(rows, drawn)) return;
      const hide = isCursorHidden ? '' : HIDE_CURSOR;
      isCursorHidden = true;
      terminal.write(hide + replace(story, rows));
    },
    close: (story) => {
      const show = isCursorHidden ? SHOW_CURSOR : '';
      isCursorHidden = false;
      const text = replace(story, []) + show;
      if (text !== '') terminal.write(text);
    },
  };
}

/** A window made narrower since has wrapped the row. */
function heightOf(row: string, columns: number): number {
  return Math.max(1, Math.ceil(displayWidth(row) / columns));
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((row, index) => row === b[index]);
}
